// Measures the library beside what bounds it, in one run on one machine, and prints the table of docs/performance.md.
//
//   npm run bench                                    all workloads
//   npm run bench -- --only W1,W4 --quick            some of them, with fewer repetitions
//   npm run bench -- --write docs/performance.md     puts the table into that file
//   npm run bench -- --curves                        what a step costs as a run grows, instead of the table
//
// Further: --dist <folder> (a build elsewhere), --dir <folder> (the disk to write to), --rounds <n>,
// --profile <folder> (a CPU profile of each process, for the DevTools).
// CAIRNFLOW_PEERS=<folder with node_modules> measures xstate and langgraph beside it, if they are installed there.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureCell, peersAtHand, pooled } from "./cells.mjs";
import { measureCurves } from "./curves.mjs";
import { packageSize } from "./package-size.mjs";
import { curvesTable, machineLine, table, writeBetween } from "./report.mjs";
import { short } from "./statistics.mjs";
import { WORKLOADS } from "./workloads.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    curves: { type: "boolean", default: false },
    write: { type: "string" },
    dist: { type: "string", default: join(root, "dist") },
    dir: { type: "string", default: tmpdir() },
    rounds: { type: "string" },
    profile: { type: "string" },
  },
});

const { quick } = values;
mkdirSync(resolve(values.dir), { recursive: true });
const rounds = Number(values.rounds ?? (quick ? 1 : 3));
const settings = {
  dist: resolve(values.dist),
  dir: mkdtempSync(join(resolve(values.dir), "cairnflow-bench-")),
  profile: values.profile,
  quick,
  repetitions: quick ? 1 : 3,
  warmMs: quick ? 200 : 500,
  repetitionMs: quick ? 100 : 300,
};

const say = (text) => process.stderr.write(`${text}\n`);
const wanted = ({ id }) => values.only === undefined || values.only.split(",").some((name) => id.startsWith(name));

/** Goes round through all contenders of a workload, so that a slow moment of the machine hits all of them. */
async function measureWorkload(workload, peers) {
  const names = ["cairnflow", ...workload.floors, ...(workload.peers === undefined ? [] : peers)];
  const cells = new Map(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const cell =
        workload.measure === "package"
          ? await packageSize(root, settings.dist, quick ? 3 : 9)
          : await measureCell(workload, name, settings);
      cells.get(name).push(cell);
      say(`${workload.id} ${name}: ${cell.error ?? `${short(cell.value)} ${workload.unit}`}`);
    }
  }
  return new Map([...cells].map(([name, several]) => [name, pooled(several)]));
}

async function main() {
  const machine = machineLine();
  if (values.curves) return { mark: "curves", text: curvesTable(await measureCurves(settings, say), machine) };
  const peers = peersAtHand();
  const rows = [];
  for (const workload of WORKLOADS.filter(wanted)) rows.push({ workload, cells: await measureWorkload(workload, peers) });
  return { mark: "table", text: table(rows, machine) };
}

try {
  const { mark, text } = await main();
  console.log(text);
  if (values.write !== undefined) writeBetween(resolve(values.write), mark, text);
} finally {
  rmSync(settings.dir, { recursive: true });
}
