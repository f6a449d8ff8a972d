import { type ChildProcess, fork } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { transpile } from "../file/transpile.js";
import type { ToldSpan } from "./told-span.js";

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** Processes that write their spans into one file, killed after the test. */
export class TracedProcesses {
  readonly folder = mkdtempSync(join(tmpdir(), "cairnflow-otel-"));
  readonly file = join(this.folder, "spans.jsonl");
  readonly #running = new Set<ChildProcess>();

  constructor() {
    symlinkSync(modules, join(this.folder, "node_modules"));
    onTestFinished(() => {
      for (const child of this.#running) child.kill("SIGKILL");
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** Puts a program into the folder, with all it imports; gives its path there. */
  program(entry: URL): string {
    return transpile(entry, this.folder);
  }

  start(program: string, ...args: readonly string[]): ChildProcess {
    const child = fork(program, args, { execArgv: [], env: { ...process.env, SPANS_FILE: this.file } });
    this.#running.add(child);
    child.once("exit", () => this.#running.delete(child));
    return child;
  }

  get spans(): readonly ToldSpan[] {
    if (!existsSync(this.file)) return [];
    const lines = readFileSync(this.file, "utf8").split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as ToldSpan);
  }
}

/** Resolves when a process says this word. */
export function word(child: ChildProcess, expected: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on("message", (said) => said === expected && resolve());
    child.once("exit", (code) => reject(new Error(`a process ended with ${code} before it said "${expected}"`)));
  });
}

/** Resolves to the code or the signal that a process ends with. */
export const end = (child: ChildProcess): Promise<number | string | null> =>
  new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
