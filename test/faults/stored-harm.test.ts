import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChildProgram } from "./children.js";
import type { Findings } from "./knocked.js";
import { fromEnvironment } from "./seeded.js";

const MUTATIONS = fromEnvironment("CAIRNFLOW_MUTATIONS", 1_000);
const SEED = fromEnvironment("CAIRNFLOW_SEED", 1);
/** A process that has said nothing for so long hangs. */
const PATIENCE_MS = 60_000;

let program: ChildProgram;
let folder = "";

beforeAll(async () => {
  program = new ChildProgram(new URL("./knocked.ts", import.meta.url));
  folder = await mkdtemp(join(tmpdir(), "cairnflow-harm-"));
});
afterAll(async () => {
  program.remove();
  await rm(folder, { recursive: true, force: true });
});

/** What a process finds that has 256 MB to do it in; its crash or hang is reported with the case it was at. */
async function findings(what: string, ...args: readonly string[]): Promise<Findings> {
  const child = program.start([join(folder, what), what, ...args], ["--max-old-space-size=256"]);
  const watchdog = child.killWhenSilentFor(PATIENCE_MS);
  const { code, signal, output, errors } = await child.ended;
  clearInterval(watchdog);
  const lines = output.trimEnd().split("\n");
  expect({ code, signal }, `${lines.at(-1)}\n${errors}`).toEqual({ code: 0, signal: null });
  return JSON.parse(lines.at(-1) as string) as Findings;
}

function report(what: string, { cases, refused, resumed, slowestMs, violations, kinds }: Findings): void {
  const parts = Object.entries(kinds).map(([kind, found]) => `${kind} ${found.cases} (refused ${found.refused})`);
  console.log(
    `${what}: ${cases} cases, refused ${refused}, resumed ${resumed}, violations ${violations.length}, most work ${slowestMs} ms; ${parts.join(", ")}`,
  );
}

describe("a checkpoint that nobody has written so", { timeout: 3_600_000 }, () => {
  it("is refused or read as it is, whatever of its bytes, its structure and its journal has changed", async () => {
    const found = await findings("mutations", "0", String(MUTATIONS), String(SEED));
    report("mutations", found);
    expect(found.violations).toEqual([]);
    expect(found.outside).toEqual([]);
    expect(found.cases).toBe(MUTATIONS);
    expect(Math.min(found.refused, found.resumed)).toBeGreaterThan(MUTATIONS / 10);
    for (const kind of ["structure", "sealed bytes", "steps", "journal bytes"]) {
      const { cases, refused } = found.kinds[kind] as { cases: number; refused: number };
      expect(Math.min(refused, cases - refused), kind).toBeGreaterThan(0);
    }
    expect(found.kinds["file bytes"]?.refused).toBe(found.kinds["file bytes"]?.cases);
  });

  it("does no harm with hostile ids, paths, versions, depths and sizes", async () => {
    const found = await findings("hostile");
    report("hostile checkpoints", found);
    expect(found.violations).toEqual([]);
    expect(found.outside).toEqual([]);
    expect(found.cases).toBeGreaterThan(1_000);
    expect(found.refused).toBeGreaterThan(found.resumed);
  });
});
