import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { until } from "../bullmq/support.js";
import { transpile } from "../file/transpile.js";
import { afterwards } from "../redis/support.js";

/** A `cairn` in a process of its own, killed after the test. */
export class Cairn {
  readonly process: ChildProcess;
  readonly ended: Promise<number | string | null>;
  errors = "";
  output = "";

  constructor(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.process = spawn(process.execPath, [script, ...args], { env: { ...process.env, ...env } });
    this.process.stderr?.on("data", (data) => (this.errors += data));
    this.process.stdout?.on("data", (data) => (this.output += data));
    this.ended = new Promise((resolve) => this.process.once("close", (code, signal) => resolve(code ?? signal)));
    afterwards(() => void this.process.kill("SIGKILL"));
  }

  says(text: string): Promise<void> {
    return until(() => this.errors.includes(text) || this.process.exitCode !== null);
  }
}

/** How `cairn` is started, and the folder it then is in: that of the modules of `flows.ts`. */
export interface CairnProgram {
  (args: readonly string[], env?: NodeJS.ProcessEnv): Cairn;
  readonly folder: string;
}

/** The program, made ready for the tests of a file. */
export function cairnProgram(): CairnProgram {
  const folder = mkdtempSync(join(tmpdir(), "cairnflow-cli-"));
  let script = "";
  beforeAll(() => {
    symlinkSync(fileURLToPath(new URL("../../node_modules", import.meta.url)), join(folder, "node_modules"));
    // What is loaded only when it is needed.
    const commands = readdirSync(new URL("../../src/cli/", import.meta.url)).filter((name) => name.endsWith("-command.ts"));
    const later = [
      "./flows.ts",
      "./looks.ts",
      "../../src/redis/index.ts",
      "../../src/inspector/index.ts",
      ...commands.map((name) => `../../src/cli/${name}`),
    ];
    for (const path of later) transpile(new URL(path, import.meta.url), folder);
    script = transpile(new URL("./cairn-process.ts", import.meta.url), folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const start = (args: readonly string[], env?: NodeJS.ProcessEnv): Cairn => new Cairn(script, args, env);
  return Object.assign(start, { folder: join(folder, "test/cli") });
}
