import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { transpile } from "../file/transpile.js";
import type { Order, Reply } from "./agent-process.js";
import type { KillHow } from "./killing-files.js";
import { afterwards } from "./support.js";

let folder: string | null = null;
let program = "";
afterAll(() => folder !== null && rmSync(folder, { recursive: true, force: true }));

/** The program of agents, made once for all of them. */
function agentProgram(): string {
  if (folder !== null) return program;
  folder = mkdtempSync(join(tmpdir(), "cairnflow-agent-"));
  symlinkSync(fileURLToPath(new URL("../../node_modules", import.meta.url)), join(folder, "node_modules"));
  return (program = transpile(new URL("./agent-process.ts", import.meta.url), folder));
}

/** Where the board `race` is: a folder, or the address of a Redis and a prefix. */
export interface Place {
  readonly kind: "file" | "redis";
  readonly at: string;
}

/** An agent in a process of its own, which is killed after the test. */
export class RemoteAgent {
  readonly #child: ChildProcess;
  readonly ended: Promise<NodeJS.Signals | null>;

  private constructor(args: readonly string[]) {
    this.#child = fork(agentProgram(), args, { execArgv: [] });
    this.ended = new Promise((resolve) => this.#child.once("exit", (_code, signal) => resolve(signal)));
    afterwards(() => this.kill());
  }

  static async start({ kind, at }: Place, agent: string): Promise<RemoteAgent> {
    const remote = new RemoteAgent([kind, at, agent]);
    await remote.#reply();
    return remote;
  }

  /** One that is killed at a call to the file system; resolves to whether it was, or has done all of its work before. */
  static async killedAt(folder: string, agent: string, call: number, how: KillHow, order: Order): Promise<boolean> {
    const remote = new RemoteAgent(["file", folder, agent, String(call), how]);
    const isDone = remote
      .#reply()
      .then(() => remote.tell(order))
      .then(
        () => true,
        () => false,
      );
    return !(await isDone) && (await remote.ended) === "SIGKILL";
  }

  async tell(order: Order): Promise<readonly string[]> {
    const reply = this.#reply();
    this.#child.send(order, () => {});
    return (await reply).ids;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  #reply(): Promise<Reply> {
    const replied = once(this.#child, "message").then(([reply]) => reply as Reply);
    const ended = this.ended.then((signal): never => {
      throw new Error(`the process ended with ${signal}`);
    });
    return Promise.race([replied, ended]);
  }
}
