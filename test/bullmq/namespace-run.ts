import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Deferred } from "../../src/engine/deferred.js";
import { transpile } from "../file/transpile.js";
import { afterwards } from "../redis/support.js";
import { TestHosts } from "../servers/hosts.js";
import { onPath, redisBinary } from "../servers/redis-binary.js";
import type { HostRun, HostWord } from "./namespace-flow.js";
import { until } from "./support.js";

const PORT = 6379;
const NAMES = ["redis", "engine", "workers"] as const;
const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** A run on three hosts: Redis on one, its engine on another, two workers on a third. All of it goes after the test. */
export class HostsRun {
  /** The items whose bodies have begun, in order. */
  readonly begun: number[] = [];
  /** The tasks that were committed, in order. */
  readonly committed: string[] = [];
  /** How often a host was cut off, and could not reach Redis then. */
  readonly fired = { engine: 0, workers: 0 };
  readonly #ended = new Deferred<HostRun>();
  readonly #folder = mkdtempSync(join(tmpdir(), "cairnflow-hosts-"));

  private constructor(private readonly hosts: TestHosts) {
    symlinkSync(modules, join(this.#folder, "node_modules"));
    this.#ended.promise.catch(() => {});
    afterwards(() => rmSync(this.#folder, { recursive: true, force: true }));
  }

  static async start(items: number, lockMs: number): Promise<HostsRun> {
    const hosts = await TestHosts.start(NAMES);
    afterwards(() => hosts.stop());
    const one = new HostsRun(hosts);
    await one.#startRedis();
    await Promise.all([one.#startWorker(lockMs), one.#startWorker(lockMs)]);
    one.#script("engine", new URL("./namespace-engine.ts", import.meta.url), String(items));
    return one;
  }

  get ended(): Promise<HostRun> {
    return this.#ended.promise;
  }

  /** Resolves once so many tasks more were committed. */
  async progress(count: number): Promise<void> {
    const from = this.committed.length;
    await Promise.race([until(() => this.committed.length >= from + count), this.#ended.promise]);
  }

  /** Cuts a host off for a while. */
  async cut(name: "engine" | "workers", ms: number): Promise<void> {
    await this.hosts.cut(name);
    const over = delay(ms);
    if (!(await this.hosts.reaches(name, "redis", PORT))) this.fired[name]++;
    await over;
    await this.hosts.restore(name);
  }

  /** How many segments were sent again, by host. */
  async retransmitted(): Promise<Readonly<Record<string, number>>> {
    return Object.fromEntries(await Promise.all(NAMES.map(async (name) => [name, await this.hosts.retransmitted(name)] as const)));
  }

  async #startRedis(): Promise<void> {
    const { path, libraries } = await redisBinary();
    // A server must not outlive the tests, even if they are killed.
    const setpriv = await onPath("setpriv");
    const bound = setpriv === null ? [] : [setpriv, "--pdeathsig", "KILL"];
    const settings = ["--port", String(PORT), "--bind", "0.0.0.0", "--protected-mode", "no", "--save", "", "--dir", this.#folder];
    const env = libraries.length === 0 ? process.env : { ...process.env, LD_LIBRARY_PATH: libraries.join(":") };
    this.hosts.spawn("redis", [...bound, path, ...settings], { env, stdio: "ignore" });
    await until(() => this.hosts.reaches("engine", "redis", PORT));
  }

  async #startWorker(lockMs: number): Promise<void> {
    const worker = this.#script("workers", new URL("./namespace-worker.ts", import.meta.url), String(lockMs));
    await new Promise<void>((resolve) => worker.on("message", ({ ready }: HostWord) => ready && resolve()));
  }

  #script(host: string, module: URL, ...args: readonly string[]): ChildProcess {
    const command = [process.execPath, transpile(module, this.#folder), `redis://${this.hosts.addressOf("redis")}:${PORT}`];
    const child = this.hosts.spawn(host, [...command, ...args], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    child.on("message", (word: HostWord) => this.#hear(word));
    child.once("exit", (code, signal) => this.#ended.reject(new Error(`${host} has ended with ${code ?? signal}`)));
    return child;
  }

  #hear({ begun, committed, ended }: HostWord): void {
    if (begun !== undefined) this.begun.push(begun);
    if (committed !== undefined) this.committed.push(committed);
    if (ended !== undefined) this.#ended.resolve(ended);
  }
}
