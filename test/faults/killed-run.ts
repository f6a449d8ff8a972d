// A process that runs the workflow, or goes on with it if it has a checkpoint: <store> <run id> <ledger> <log> <durability>.
// Effects go to the ledger and commits to the log, a line each, written before anything else happens.
import { openSync, writeSync } from "node:fs";
import { ExecutionContext, openCheckpointStore, type RunListeners } from "../../src/index.js";
import { killWorkflow } from "./kill-workflow.js";

const [store = "", runId = "", ledger = "", log = "", mode = ""] = process.argv.slice(2);
const [effects, commits] = [openSync(ledger, "a"), openSync(log, "a")];
const say = (line: object): void => void writeSync(commits, `${JSON.stringify(line)}\n`);

const killed = killWorkflow((effect) => void writeSync(effects, `${JSON.stringify(effect)}\n`));
const events: RunListeners = {
  runResumed: ({ steps, checkpointId }) => say({ kind: "resumed", steps, id: checkpointId }),
  checkpointCommitted: ({ checkpoint: { seq, id, steps } }) => say({ kind: "committed", seq, id, steps }),
};

writeSync(1, "ready\n");
const wiring =
  mode === "step"
    ? ({ checkpoints: { store }, durability: "step", events } as const)
    : ({ checkpoints: { store, every: "task" }, events } as const);
const hasBegun = (await openCheckpointStore(store).list(runId)).length > 0;
const context = hasBegun
  ? await ExecutionContext.resume(killed, { from: store, runId, ...wiring, strategy: { maxResumeAttempts: 1_000 } })
  : ExecutionContext.create(killed, { runId, seed: 7, ...wiring });
const { status, output, steps } = await (hasBegun ? context.run() : context.run(100));
say({ kind: "ended", status, output, steps });
