// A process that knocks with changed checkpoints: <folder> <"mutations" | "hostile"> <from> <to> <seed>.
// Says "at <n>" before each, so that a hang or a crash has a number, and at the end what was found.
import { rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { systemFs } from "../../src/file/durable-fs.js";
import { FileCheckpointStore, MemoryCheckpointStore } from "../../src/index.js";
import { type HarmCase, harmCase, readsRight, storeCase } from "./harm-cases.js";
import { hostileCases } from "./hostile-cases.js";
import { knock } from "./knock.js";
import { sealed } from "./papers.js";
import { realisticCheckpoints, realisticJournals } from "./realistic-runs.js";
import { watchFiles } from "./watched-files.js";

const [folder = "", what = "", from = "0", to = "0", seed = "1"] = process.argv.slice(2);

/** What one process has found. */
export interface Findings {
  cases: number;
  refused: number;
  resumed: number;
  slowestMs: number;
  /** The cases of each kind, and how many of them were refused. */
  readonly kinds: Record<string, { cases: number; refused: number }>;
  readonly violations: string[];
  readonly outside: readonly string[];
}

const { outside } = watchFiles(folder);
const [checkpoints, journals] = [await realisticCheckpoints(), await realisticJournals()];
const hostile = what === "hostile" ? hostileCases(checkpoints) : [];
const last = what === "hostile" ? hostile.length : Number(to);
const quickFs = { ...systemFs, syncFile: async () => {}, syncDirectory: async () => {} };
const findings: Findings = { cases: 0, refused: 0, resumed: 0, slowestMs: 0, kinds: {}, violations: [], outside };

function caseOf(number: number): HarmCase {
  const found = hostile[number];
  if (found === undefined) return harmCase(number, Number(seed), checkpoints, journals);
  return { ...found, kind: "hostile", steps: [], damage: null, wrong: readsRight };
}

for (let number = Number(from); number < last; number++) {
  const { kind, name, source, papers, steps, damage, wrong } = caseOf(number);
  const { key } = source.papers;
  writeSync(1, `at ${number}: ${name}\n`);
  const root = join(folder, String(number));
  const isInFiles = damage !== null || number % 3 === 0;
  const store = isInFiles ? new FileCheckpointStore(root, { fs: quickFs }) : new MemoryCheckpointStore();
  await store.open();
  const record = sealed(papers());
  await storeCase(store, record, steps);
  damage?.(root, key);
  const found = await knock(source.target, store, key.runId, key.id);
  const violations = [...found.violations, ...(await wrong(found, record))];
  findings.violations.push(...violations.map((violation) => `${number}: ${name}: ${violation}`));
  findings.slowestMs = Math.max(findings.slowestMs, Math.round(found.mostMs));
  findings.cases++;
  findings.kinds[kind] ??= { cases: 0, refused: 0 };
  findings.kinds[kind].cases++;
  const isRefused = found.refusals.has("resume");
  findings[isRefused ? "refused" : "resumed"]++;
  if (isRefused) findings.kinds[kind].refused++;
  if (isInFiles) rmSync(root, { recursive: true, force: true });
}
writeSync(1, `${JSON.stringify(findings)}\n`);
