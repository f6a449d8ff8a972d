import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transpile } from "../file/transpile.js";

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** A process that answers questions one after the other. */
export class Answering {
  readonly #folder = mkdtempSync(join(tmpdir(), "cairnflow-s3-"));
  readonly process: ChildProcess;

  constructor(entry: URL, args: readonly string[]) {
    symlinkSync(modules, join(this.#folder, "node_modules"));
    this.process = fork(transpile(entry, this.#folder), args, { execArgv: [] });
  }

  /** Sends a message; resolves to the next one that comes back. */
  ask<Reply>(message: object): Promise<Reply> {
    const reply = this.next<Reply>();
    this.process.send(message);
    return reply;
  }

  next<Reply>(): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null): void => reject(new Error(`the process ended with ${code}`));
      this.process.once("exit", ended);
      this.process.once("message", (reply) => {
        this.process.off("exit", ended);
        resolve(reply as Reply);
      });
    });
  }

  stop(): void {
    this.process.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
