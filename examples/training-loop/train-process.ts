// Trains in a process of its own: `train-process.ts start|resume <folder> <params as JSON>`, started with an IPC channel, over
// which it reports. It does nothing to prepare for being killed.
import { ExecutionContext } from "cairnflow";
import { type Report, RUN_ID, SEED } from "./report.js";
import { type EpochReport, type Params, type Training, training } from "./training.js";

const send = (report: Report): void => void process.send?.(report);

/** It is killed from outside, time after time: that is no reason to believe that a task of its own kills it. */
const strategy = { maxResumeAttempts: 1_000 };

async function contextFor(how: string, folder: string): Promise<ExecutionContext<Training>> {
  if (how === "resume") return ExecutionContext.resume(training, { from: folder, runId: RUN_ID, strategy });
  return ExecutionContext.create(training, { runId: RUN_ID, seed: SEED, checkpoints: folder });
}

async function main(how: string, folder: string, params: Params): Promise<void> {
  const context = await contextFor(how, folder);
  const { events } = context;
  events.on("runResumed", ({ checkpointId, steps }) => send({ kind: "resumed", from: checkpointId, steps }));
  events.on("taskProgress", ({ cycle, done, total }) => send({ kind: "batch", epoch: cycle, done, total: total ?? done }));
  events.on("checkpointCommitted", ({ checkpoint }) => send({ kind: "checkpoint", id: checkpoint.id, epoch: checkpoint.cycle ?? 0 }));
  events.on("taskCompleted", ({ taskId, cycle, metrics }) => {
    if (taskId === "train") send({ kind: "epoch", epoch: cycle, metrics });
  });
  const { output, steps } = await context.run(how === "resume" ? undefined : params);
  const history = ((await context.channel.get("history")) ?? []) as readonly EpochReport[];
  send({ kind: "ended", output, history, steps });
}

const [how = "start", folder = "", params = "{}"] = process.argv.slice(2);
process.once("disconnect", () => process.exit());
await main(how, folder, JSON.parse(params) as Params);
process.disconnect?.();
