import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transpile } from "../file/transpile.js";

/** What a store in another process is told to do. */
export interface Order {
  readonly what: "acquire" | "put" | "begin" | "append" | "renew" | "release" | "stop before the next commit";
  readonly runId: string;
  readonly seq?: number;
}

/** How that ended: with a value, or with the code of an error. */
export interface Reply {
  readonly value?: unknown;
  readonly code?: string;
  readonly outcome?: string;
}

/** Stores in processes of their own. */
export class RemoteStores {
  readonly #folder = mkdtempSync(join(tmpdir(), "cairnflow-stores-"));
  readonly #program: string;
  readonly #started: RemoteStore[] = [];

  constructor() {
    symlinkSync(fileURLToPath(new URL("../../node_modules", import.meta.url)), join(this.#folder, "node_modules"));
    this.#program = this.place(new URL("./store-process.ts", import.meta.url));
  }

  /** Where another program of these tests can be run. */
  place(program: URL): string {
    return transpile(program, this.#folder);
  }

  async start(url: string, schema: string, leaseMs = 30_000): Promise<RemoteStore> {
    const env = { ...process.env, STORE_URL: url, STORE_SCHEMA: schema, STORE_LEASE_MS: String(leaseMs) };
    const store = new RemoteStore(fork(this.#program, { env, execArgv: [] }));
    this.#started.push(store);
    await store.reply();
    return store;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#started.map((store) => store.kill()));
    rmSync(this.#folder, { recursive: true });
  }
}

/** A store in a process of its own. */
export class RemoteStore {
  constructor(private readonly process: ChildProcess) {}

  get pid(): number {
    return this.process.pid ?? 0;
  }

  async reply(): Promise<Reply> {
    const over = new AbortController();
    const ended = once(this.process, "exit", over).then(([code]) => {
      throw new Error(`a process with a store has ended instead of answering: ${code}`);
    });
    const [reply] = await Promise.race([once(this.process, "message", over), ended]);
    over.abort();
    return reply as Reply;
  }

  /** Sends an order; resolves when it is done. */
  tell(what: Order["what"], runId = "r1", seq = 1): Promise<Reply> {
    const reply = this.reply();
    this.process.send({ what, runId, seq } satisfies Order);
    return reply;
  }

  /** Stops the process where it is, and resolves when it has stopped. */
  async suspend(): Promise<void> {
    this.process.kill("SIGSTOP");
    await this.suspended();
  }

  async suspended(): Promise<void> {
    while (!/^State:\s+T/m.test(readFileSync(`/proc/${this.pid}/status`, "utf8"))) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  proceed(): void {
    this.process.kill("SIGCONT");
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill("SIGKILL");
    await once(this.process, "exit");
  }
}
