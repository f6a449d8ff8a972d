import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChildProgram } from "./children.js";
import type { OversizedFindings } from "./oversized.js";
import { OVERSIZED } from "./oversized-cases.js";

/** A process that has said nothing for so long hangs. */
const PATIENCE_MS = 60_000;

let program: ChildProgram;
let folder = "";
beforeAll(async () => {
  program = new ChildProgram(new URL("./oversized.ts", import.meta.url));
  folder = await mkdtemp(join(tmpdir(), "cairnflow-oversized-"));
});
afterAll(async () => {
  program.remove();
  await rm(folder, { recursive: true, force: true });
});

describe("a checkpoint that is far larger than anything stored", () => {
  it("is refused or read by a process of 256 MB, which lives on", { timeout: 300_000 }, async () => {
    const child = program.start([folder], ["--max-old-space-size=256"]);
    const watchdog = child.killWhenSilentFor(PATIENCE_MS);
    const { code, signal, output, errors } = await child.ended;
    clearInterval(watchdog);
    const lines = output.trimEnd().split("\n");
    expect({ code, signal }, `${lines.at(-1)}\n${errors}`).toEqual({ code: 0, signal: null });
    const { ends, violations } = JSON.parse(lines.at(-1) as string) as OversizedFindings;
    const names = Object.values(ends);
    const counts = [...new Set(names)].map((end) => `${end} ${names.filter((one) => one === end).length}`);
    console.log(`oversized: cases ${names.length}, ${counts.join(", ")}, violations ${violations.length}`);
    expect(violations).toEqual([]);
    expect(Object.keys(ends)).toEqual(OVERSIZED.map(({ name }) => name));
    expect(names.filter((end) => end !== "resumed").length).toBeGreaterThan(names.length / 2);
  });
});
