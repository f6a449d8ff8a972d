import { TaskNotRegisteredError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { readMessage } from "../core/job-message.js";
import type { TaskOutcome } from "../core/outcome.js";
import { readOutcome } from "../core/outcome-text.js";
import type { RegisteredTask } from "../core/registry.js";
import { jobText } from "../core/task-job.js";
import { isRunner, type TaskRunner, UnservedJob } from "../core/task-runner.js";
import { checkedOps } from "./checked-ops.js";
import { executeTask, type OnEnded, standInOf } from "./execute-task.js";
import { graphHashOf } from "./graph-hash.js";
import type { LiveTaskContext } from "./live-task-context.js";
import { RequestBook } from "./request-book.js";
import type { RunWiring } from "./run-wiring.js";

/** What runs the body of a task elsewhere: the runner that its handler names, or that of the run; `null` if it runs here. */
export function runnerOf(run: RunWiring, ctx: LiveTaskContext): TaskRunner | null {
  const { spec, task } = ctx;
  const { handler } = task.settings;
  if (standInOf(ctx) !== undefined) return null;
  const runner = handler === "inline" ? run.runner : run.handlers.get(handler);
  if (runner === undefined || runner === null || !isRunner(runner)) return null;
  return run.definition.registry.resolve(spec.ref) === undefined ? null : runner;
}

/** Has a body run by the runner, and takes its outcome. `fail`: the run cannot go on. */
export function executeRemotely(
  run: RunWiring,
  runner: TaskRunner,
  ctx: LiveTaskContext,
  ended: OnEnded,
  fail: (error: unknown) => void,
): void {
  const { spec, task, taskId, runId } = ctx;
  const epoch = run.checkpointer?.epoch ?? 0;
  const remote = {
    key: `${runId}.${epoch}.${spec.serial}.${spec.attempt}`,
    runId,
    epoch,
    taskId,
    tags: task.settings.tags,
    timeoutMs: task.settings.timeoutMs,
    job: jobOf(run, ctx, epoch),
  };
  const tell = (message: string): Promise<string> => hear(ctx, message);
  runner.run(remote, { signal: ctx.signal, tell }).then(
    (text) => take(run, ctx, text, ended),
    (error) => {
      if (!(error instanceof UnservedJob)) return fail(error);
      if (ctx.closed) return;
      if (runner.fallsBack) fallBack(run, runner, ctx, error, ended);
      else ended(ctx, { kind: "threw", error });
    },
  );
}

/** A body that cannot be moved runs here, one at a time with everything else of this thread. */
function fallBack(run: RunWiring, { kind }: TaskRunner, ctx: LiveTaskContext, error: UnservedJob, ended: OnEnded): void {
  const message = `task "${ctx.taskId}" runs in the engine's own thread, as ${kind} cannot run it: ${error.message}`;
  run.events.emit("warning", { runId: ctx.runId, code: "NOT_MOVED", message });
  ctx.log.warn(message);
  executeTask(ctx, ended);
}

function jobOf(run: RunWiring, ctx: LiveTaskContext, epoch: number): string {
  const { definition, settings, state } = run;
  const { name, version } = definition;
  return jobText({
    runId: state.runId,
    epoch,
    workflow: { name, version, graphHash: graphHashOf(definition) },
    spec: { ...ctx.spec, memo: ctx.memo },
    instance: ctx.run.instanceOf(ctx.spec),
    seed: state.seed,
    steps: state.steps,
    maxCycles: settings.defaultMaxCycles,
    defaultMaxRetries: settings.defaultRetry?.maxRetries ?? 0,
    hasStore: run.checkpointer !== null,
    durability: settings.durability,
    trace: ctx.span?.trace ?? null,
  });
}

async function take(run: RunWiring, ctx: LiveTaskContext, text: string, ended: OnEnded): Promise<void> {
  if (ctx.closed) return;
  const outcome = await accepted(run, ctx, text).catch((error: unknown): TaskOutcome => ({ kind: "threw", error }));
  if (!ctx.closed) ended(ctx, outcome);
}

async function accepted(run: RunWiring, ctx: LiveTaskContext, text: string): Promise<TaskOutcome> {
  const { outcome, memo } = readOutcome(text, ctx.spec, (module, name) => registered(run, module, name));
  if (memo !== null) ctx.memo = new Map(memo);
  if (outcome.kind !== "returned") return outcome;
  if (outcome.requests !== null) ctx.book = RequestBook.of(outcome.requests);
  return { ...outcome, ops: await checkedOps(run.channel, ctx.taskId, outcome.ops) };
}

function registered({ definition }: RunWiring, module: string, name: string): RegisteredTask {
  const found = definition.registry.resolve({ module, name });
  if (found !== undefined) return found;
  throw new TaskNotRegisteredError(
    `a body that ran elsewhere queued task ${quoted(name)} of module ${quoted(module)}, which workflow ${quoted(definition.name)} does not know here; run the same version of the workflow on engines and workers.`,
  );
}

/** Takes what a body says while it runs elsewhere, as if it had said it here. */
async function hear(ctx: LiveTaskContext, message: string): Promise<string> {
  if (ctx.closed) return "";
  const said = readMessage(message, ctx.spec);
  switch (said.kind) {
    case "read":
      return (await ctx.run.channel.backend.read(said.key))?.text() ?? "";
    case "length":
      return String(await ctx.run.channel.backend.length(said.key));
    case "keys":
      return JSON.stringify(await ctx.run.channel.backend.keys(said.prefix));
    case "progress":
      ctx.progress(said.done, said.total ?? undefined, said.label ?? undefined);
      return "";
    case "log":
      ctx.log[said.level](said.fields, said.message);
      return "";
    case "remember":
      ctx.memo ??= new Map();
      ctx.memo.set(said.key, said.value);
      await ctx.run.remember(ctx, said.key, said.value);
      return "";
    case "checkpoint": {
      const ops = await checkedOps(ctx.run.channel, ctx.taskId, said.ops);
      const { committed } = ctx.run.checkpointNow({ spec: ctx.spec, takeOps: () => ops }, said.request);
      return JSON.stringify({ ...(await committed), metadata: {} });
    }
  }
}
