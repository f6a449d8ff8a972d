import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { onPath, redisBinary } from "./redis-binary.js";

export interface RedisServerOptions {
  /** Whether all it confirms survives `restart`; otherwise only what `SAVE` has kept does. */
  readonly persists?: boolean;
  /** More of its settings, as in `["--requirepass", "secret"]`. */
  readonly settings?: readonly string[];
}

/** The first start may have to download a server. */
const DOWNLOAD_MS = 300_000;

/** A Redis of its own, which dies with this process. */
export class TestRedis {
  #process: ChildProcess | null = null;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly settings: readonly string[],
  ) {}

  static async start({ persists = false, settings = [] }: RedisServerOptions = {}): Promise<TestRedis> {
    const folder = await mkdtemp(join(tmpdir(), "cairnflow-redis-"));
    const durability = persists ? ["--appendonly", "yes", "--appendfsync", "always"] : [];
    const port = await freePort();
    const all = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--maxmemory-policy", "noeviction"];
    const server = new TestRedis(port, folder, [...all, ...durability, ...settings]);
    await server.#start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Kills it, as a power cut would, and starts it again with what it has kept. `meanwhile` happens in between. */
  async restart(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    await this.kill();
    await meanwhile();
    await this.#start();
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = null;
    if (running === null || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGKILL");
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Stops its process, which answers nothing then, but keeps its connections; `SIGCONT` lets it go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process?.kill(signal);
  }

  async #start(): Promise<void> {
    const { path, libraries } = await redisBinary();
    const search = [...libraries, process.env["LD_LIBRARY_PATH"]].filter(Boolean).join(":");
    const env = { ...process.env, ...(search === "" ? {} : { LD_LIBRARY_PATH: search }) };
    // A server must not outlive the tests, even if they are killed.
    const setpriv = await onPath("setpriv");
    const [program, ...args] = [...(setpriv === null ? [] : [setpriv, "--pdeathsig", "KILL"]), path, ...this.settings];
    const child = spawn(String(program), args, { env, stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    await untilReady(child);
  }
}

/** Resolves when it takes connections. It does so before its data is loaded. */
function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = "";
    const hear = (text: unknown): void => {
      log = (log + String(text)).slice(-5_000);
      if (/Ready to accept connections/i.test(log)) resolve();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`the Redis of the tests has ended:\n${log}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/**
 * One Redis for the tests of a file, started before them and stopped after them. Gives its address, which is that of
 * `CAIRNFLOW_TEST_REDIS_URL` if this is set.
 */
export function sharedRedis(): () => string {
  const given = process.env["CAIRNFLOW_TEST_REDIS_URL"];
  if (given) return () => given;
  const server = ownRedis();
  return () => server().url;
}

/** As `sharedRedis`, but one that may be stopped, restarted and set up. */
export function ownRedis(options: RedisServerOptions = {}): () => TestRedis {
  let server: TestRedis | null = null;
  beforeAll(async () => {
    server = await TestRedis.start(options);
  }, DOWNLOAD_MS);
  afterAll(async () => server?.stop());
  return () => {
    if (server === null) throw new RangeError("the Redis of these tests has not been started");
    return server;
  };
}
