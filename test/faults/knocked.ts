// A process that knocks with changed checkpoints: <folder> <"mutations" | "hostile"> <from> <to> <seed>.
// Says "at <n>" before each, so that a hang or a crash has a number, and at the end what was found.
import { writeSync } from "node:fs";
import { join } from "node:path";
import { systemFs } from "../../src/file/durable-fs.js";
import { FileCheckpointStore, MemoryCheckpointStore } from "../../src/index.js";
import { put } from "../../src/testing/checkpoint-store-support.js";
import { hostileCases } from "./hostile-cases.js";
import { knock } from "./knock.js";
import { mutated } from "./mutate.js";
import { type Papers, sealed } from "./papers.js";
import { realisticCheckpoints, type Source } from "./realistic-runs.js";
import { below, seeded } from "./seeded.js";
import { watchFiles } from "./watched-files.js";

const [folder = "", what = "", from = "0", to = "0", seed = "1"] = process.argv.slice(2);

/** What one process has found. */
export interface Findings {
  cases: number;
  refused: number;
  resumed: number;
  slowestMs: number;
  readonly violations: string[];
  readonly outside: readonly string[];
}

interface Case {
  readonly name: string;
  readonly source: Source;
  readonly papers: () => Papers;
}

function mutation(sources: readonly Source[], number: number): Case {
  const random = seeded(Number(seed) * 1_000_003 + number);
  const source = sources[below(random, sources.length)] as Source;
  return { name: `mutation ${number} of checkpoint ${source.papers.key.seq}`, source, papers: () => mutated(source.papers, random) };
}

const { outside } = watchFiles(folder);
const sources = await realisticCheckpoints();
const hostile = what === "hostile" ? hostileCases(sources) : [];
const last = what === "hostile" ? hostile.length : Number(to);
const quickFs = { ...systemFs, syncFile: async () => {}, syncDirectory: async () => {} };
const findings: Findings = { cases: 0, refused: 0, resumed: 0, slowestMs: 0, violations: [], outside };

for (let number = Number(from); number < last; number++) {
  const { name, source, papers } = hostile[number] ?? mutation(sources, number);
  const { runId, id } = source.papers.key;
  writeSync(1, `at ${number}: ${name}\n`);
  const inFiles = number % 3 === 0;
  const store = inFiles ? new FileCheckpointStore(join(folder, String(number)), { fs: quickFs }) : new MemoryCheckpointStore();
  await store.open();
  await put(store, sealed(papers()));
  const { violations, refusals, mostMs } = await knock(source.target, store, runId, id);
  findings.slowestMs = Math.max(findings.slowestMs, Math.round(mostMs));
  findings.violations.push(...violations.map((violation) => `${number}: ${name}: ${violation}`));
  findings.cases++;
  findings[refusals.has("resume") ? "refused" : "resumed"]++;
}
writeSync(1, `${JSON.stringify(findings)}\n`);
