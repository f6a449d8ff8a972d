import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transpile } from "../file/transpile.js";

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** A module turned into plain JavaScript with all it imports, so that a child process starts in a moment. */
export class ChildProgram {
  private readonly folder = mkdtempSync(join(tmpdir(), "cairnflow-child-"));
  private readonly entry: string;

  constructor(entry: URL) {
    symlinkSync(modules, join(this.folder, "node_modules"));
    this.entry = transpile(entry, this.folder);
  }

  /** Starts a process of its own. */
  start(args: readonly string[], flags: readonly string[] = []): Child {
    return new Child(spawn(process.execPath, [...flags, this.entry, ...args], { stdio: ["ignore", "pipe", "pipe"] }));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** How a child process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
  readonly errors: string;
}

/** A running child process. */
export class Child {
  /** Resolves with the first output, or when the process has ended without any. */
  readonly firstOutput: Promise<void>;
  readonly ended: Promise<Ended>;
  /** Whether it is known to have ended. */
  isOver = false;

  constructor(private readonly process: ChildProcess) {
    let output = "";
    let errors = "";
    process.stderr?.on("data", (data) => (errors += data));
    this.ended = new Promise((resolve, reject) => {
      process.on("error", reject);
      process.on("exit", () => (this.isOver = true));
      process.on("close", (code, signal) => resolve({ code, signal, output, errors }));
    });
    this.firstOutput = new Promise((resolve) => {
      process.stdout?.on("data", (data) => {
        output += data;
        resolve();
      });
      process.on("close", () => resolve());
    });
  }

  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    this.process.kill(signal);
  }

  /** Kills the process when nothing is heard of it for a long time; returns the timer that looks after it. */
  killWhenSilentFor(patienceMs: number): NodeJS.Timeout {
    let heardAt = performance.now();
    this.process.stdout?.on("data", () => (heardAt = performance.now()));
    return setInterval(() => performance.now() - heardAt > patienceMs && this.kill(), 1_000);
  }
}

/** Does something for each of many, a few at a time. */
export async function inLanes<Item>(items: Iterable<Item>, lanes: number, action: (item: Item) => Promise<void>): Promise<void> {
  const queue = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) await action(next.value);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
