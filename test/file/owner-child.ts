import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "vitest";
import { transpile } from "./transpile.js";

/** The program of owner-process.ts, and its processes. */
export class OwnerProgram {
  private readonly folder = mkdtempSync(join(tmpdir(), "cairnflow-owner-"));
  private readonly children: OwnerChild[] = [];
  readonly path = transpile(new URL("./owner-process.ts", import.meta.url), this.folder);

  start(...args: readonly string[]): OwnerChild {
    const child = new OwnerChild(this.path, ...args);
    this.children.push(child);
    return child;
  }

  async remove(): Promise<void> {
    await Promise.all(this.children.map((child) => child.kill()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A process that prints lines and may stop itself. */
class OwnerChild {
  readonly ended: Promise<void>;
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(program: string, ...args: readonly string[]) {
    this.child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    this.ended = new Promise((resolve) => this.child.on("close", () => resolve()));
    this.lines = createInterface({ input: this.child.stdout as NonNullable<ChildProcess["stdout"]> })[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** The next line, or an empty one at the end. */
  async line(): Promise<string> {
    const { value, done } = await this.lines.next();
    return done ? "" : value;
  }

  /** Waits until it has stopped itself, every thread of it. */
  async stopped(): Promise<void> {
    expect(await this.line()).toBe("stopped");
    while (this.state() !== "T") await new Promise((resolve) => setTimeout(resolve, 1));
  }

  goOn(): void {
    this.child.kill("SIGCONT");
  }

  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  private state(): string | undefined {
    const status = readFileSync(`/proc/${this.pid}/stat`, "utf8");
    return status.slice(status.lastIndexOf(")") + 2)[0];
  }
}
