import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { transpile } from "../file/transpile.js";
import { afterwards } from "../redis/support.js";

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** Workers in processes of their own, killed after the test. */
export class WorkerProcesses {
  readonly #folder = mkdtempSync(join(tmpdir(), "cairnflow-bullmq-"));
  readonly #script: string;
  #running: ChildProcess[] = [];

  constructor(private readonly args: readonly string[]) {
    symlinkSync(modules, join(this.#folder, "node_modules"));
    this.#script = transpile(new URL("./worker-process.ts", import.meta.url), this.#folder);
    afterwards(() => {
      for (const child of this.#running) child.kill("SIGKILL");
      rmSync(this.#folder, { recursive: true, force: true });
    });
  }

  /** Starts some more; resolves when they take tasks. */
  async start(count: number): Promise<void> {
    const started = Array.from({ length: count }, () => fork(this.#script, this.args, { execArgv: [] }));
    this.#running.push(...started);
    await Promise.all(started.map(ready));
  }

  /** Kills the one that runs longest; resolves when it is dead. */
  async killOne(): Promise<void> {
    const child = this.#running.shift() as ChildProcess;
    const dead = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    child.kill("SIGKILL");
    if ((await dead) !== "SIGKILL") throw new Error("a worker had ended before it was killed");
  }

  /** Stops one as a whole for a while. */
  async stopOneFor(ms: number): Promise<void> {
    const child = this.#running.shift() as ChildProcess;
    this.#running.push(child);
    child.kill("SIGSTOP");
    await delay(ms);
    child.kill("SIGCONT");
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("exit", (code) => reject(new Error(`a worker ended with ${code}`)));
  });
}
