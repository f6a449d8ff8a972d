// A process that knocks with what is oversized: <folder> <from>. Says "at <n>" before each, and at the end what was found.
import { cpSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { systemFs } from "../../src/file/durable-fs.js";
import { type CheckpointStore, ExecutionContext, FileCheckpointStore, gzip, withCodec } from "../../src/index.js";
import { committed, INPUT } from "./commit-workflow.js";
import { knock } from "./knock.js";
import { OVERSIZED } from "./oversized-cases.js";

/** What became of each case: how it was refused, or "resumed". */
export interface OversizedFindings {
  readonly ends: Record<string, string>;
  readonly violations: string[];
}

const [folder = "", from = "0"] = process.argv.slice(2);
const RUN_ID = "r1";
const quickFs = { ...systemFs, syncFile: async () => {}, syncDirectory: async () => {} };
const storeIn = (root: string): FileCheckpointStore => new FileCheckpointStore(root, { fs: quickFs });
const coded = (store: CheckpointStore, isCoded: boolean): CheckpointStore => (isCoded ? withCodec(store, gzip()) : store);

/** A stored run with a blob, and a step that stands in the journal alone. */
async function prepare(root: string, isCoded: boolean): Promise<string> {
  const store = coded(storeIn(root), isCoded);
  const context = ExecutionContext.create(committed, { runId: RUN_ID, checkpoints: { store }, durability: "step" });
  await context.step(INPUT);
  await context.checkpoint();
  await context.step();
  await context[Symbol.asyncDispose]();
  return root;
}

const bases = { plain: await prepare(join(folder, "plain"), false), coded: await prepare(join(folder, "coded"), true) };
const findings: OversizedFindings = { ends: {}, violations: [] };
for (const [number, { name, isCoded, put }] of OVERSIZED.entries()) {
  if (number < Number(from)) continue;
  writeSync(1, `at ${number}: ${name}\n`);
  const root = join(folder, String(number));
  cpSync(isCoded ? bases.coded : bases.plain, root, { recursive: true });
  const key = (await storeIn(root).list(RUN_ID)).at(-1);
  if (key === undefined) throw new Error("nothing was stored");
  await put({ root, key });
  const { violations, refusals } = await knock(committed, coded(storeIn(root), isCoded), RUN_ID, key.id, {
    limitMs: Number.POSITIVE_INFINITY,
    keepsViews: false,
  });
  findings.violations.push(...violations.map((violation) => `${number}: ${name}: ${violation}`));
  findings.ends[name] = refusals.get("resume") ?? "resumed";
  rmSync(root, { recursive: true });
}
writeSync(1, `${JSON.stringify(findings)}\n`);
