import type { ChannelBackend } from "../core/channel.js";
import type { CheckpointHandle, CheckpointInfo } from "../core/checkpoint.js";
import type { Host } from "../core/clock.js";
import { toErrorRecord } from "../core/error-record.js";
import { RunCancelledError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { messageText } from "../core/job-message.js";
import type { Logger } from "../core/logger.js";
import type { CheckpointRequest, TaskOutcome } from "../core/outcome.js";
import { outcomeText } from "../core/outcome-text.js";
import { isRetriable } from "../core/retry.js";
import type { AnyTask } from "../core/task.js";
import { readJob, type TaskJob } from "../core/task-job.js";
import { type JobDesk, UnservedJob } from "../core/task-runner.js";
import type { BodyBeginning, Telemetry } from "../core/telemetry.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { CheckpointHandles } from "./checkpoint-handles.js";
import { silenced } from "./deferred.js";
import { executeTask } from "./execute-task.js";
import { graphHashOf } from "./graph-hash.js";
import { LiveTaskContext } from "./live-task-context.js";
import type { RunningTask } from "./run-wiring.js";
import type { TaskDoor } from "./task-door.js";
import type { TaskHandler } from "./task-handler.js";

/** What a place that runs bodies for others knows. */
export interface Workplace {
  readonly host: Host;
  /** The workflows whose tasks it runs, by name. */
  readonly workflows: ReadonlyMap<string, WorkflowDefinition>;
  /** What watches bodies; nothing unless given. */
  readonly telemetry?: Telemetry | null;
  /** Where the channel of a run is read. */
  channelOf(job: TaskJob, desk: JobDesk): ChannelBackend;
}

/** Runs the body that a job names, and resolves to the text of its outcome. Throws `UnservedJob`, or a `CairnError` for a text that is no job. */
export async function runJob(text: string, place: Workplace, desk: JobDesk): Promise<string> {
  const job = readJob(text);
  const definition = workflowOf(job, place);
  const task = taskOf(job, definition);
  const ctx = new LiveTaskContext(doorOf(job, definition, place, desk), job.spec, task, place.host.clock.monotonic());
  ctx.span = place.telemetry?.body(bodyBeginning(job, ctx)) ?? null;
  const giveUp = (): void => ctx.abort(new RunCancelledError("the engine has told this task to give up", { runId: job.runId }));
  if (desk.signal.aborted) giveUp();
  desk.signal.addEventListener("abort", giveUp, { once: true });
  try {
    return await toItsEnd(ctx, place);
  } finally {
    desk.signal.removeEventListener("abort", giveUp);
  }
}

function bodyBeginning({ runId, workflow, trace }: TaskJob, { task, taskId, specId, cycle, attempt }: LiveTaskContext): BodyBeginning {
  return { runId, workflow: workflow.name, version: workflow.version, task: task.name, taskId, specId, cycle, attempt, trace };
}

function toItsEnd(ctx: LiveTaskContext, { host }: Workplace): Promise<string> {
  return new Promise((resolve) => {
    executeTask(ctx, (_, outcome) => {
      if (ctx.closed) return;
      ctx.close();
      const error = outcome.kind === "threw" ? toErrorRecord(outcome.error) : null;
      ctx.span?.end(outcome.kind, error, host.clock.monotonic() - ctx.startedAt);
      resolve(outcomeText({ outcome: judged(ctx, outcome), memo: ctx.memo }));
    });
  });
}

/** The task's own retry options may look at the class of an error, or at fields that do not travel: they are asked here. */
function judged({ task }: LiveTaskContext, outcome: TaskOutcome): TaskOutcome {
  const { retry } = task.settings;
  return outcome.kind === "threw" && retry !== null ? { ...outcome, retriable: isRetriable(retry, outcome.error) } : outcome;
}

function workflowOf({ workflow, spec }: TaskJob, { workflows }: Workplace): WorkflowDefinition {
  const definition = workflows.get(workflow.name);
  const known = [...workflows.keys()].map(quoted).join(", ") || "none";
  if (definition === undefined) {
    throw new UnservedJob(
      `task ${quoted(spec.taskId)} is of workflow ${quoted(workflow.name)}, which is not served here (served: ${known}); start a worker with its module.`,
    );
  }
  if (graphHashOf(definition) === workflow.graphHash && definition.version === workflow.version) return definition;
  throw new UnservedJob(
    `task ${quoted(spec.taskId)} is of another version of workflow ${quoted(workflow.name)} than the one served here (engine ${workflow.version}, here ${definition.version}, or another graph); run the same code on engines and workers.`,
  );
}

function taskOf({ spec }: TaskJob, { registry, name }: WorkflowDefinition): AnyTask {
  const entry = registry.resolve(spec.ref);
  if (entry !== undefined) return entry.task;
  throw new UnservedJob(
    `task ${quoted(spec.ref.name)} of module ${quoted(spec.ref.module)} is not part of workflow ${quoted(name)} here; run the same code on engines and workers.`,
  );
}

/** The engine, as a body elsewhere sees it. */
function doorOf(job: TaskJob, definition: WorkflowDefinition, place: Workplace, desk: JobDesk): TaskDoor {
  const { runId, seed, steps } = job;
  return {
    definition,
    settings: {
      defaultMaxCycles: job.maxCycles,
      defaultRetry: { maxRetries: job.defaultMaxRetries },
      durability: job.durability,
    },
    host: place.host,
    random: null,
    logger: loggerTo(desk),
    handlers: NO_HANDLERS,
    state: { runId, seed, steps },
    channel: { backend: place.channelOf(job, desk), schemas: null },
    events: {
      wants: (name) => name === "taskProgress",
      emit: (_, event) => {
        if ("done" in event) desk.tell(messageText({ kind: "progress", done: event.done, total: event.total, label: event.label }));
      },
    },
    checkpointer: job.hasStore ? { handle: (request) => new CheckpointHandles().make(request, () => true), drop: () => {} } : null,
    takesInline: false,
    instanceOf: () => job.instance,
    remember: async (_, key, value) => void (await desk.ask(messageText({ kind: "remember", key, value }))),
    checkpointNow: (task, request) => immediateHandle(desk, task, request),
  };
}

const NO_HANDLERS: ReadonlyMap<string, TaskHandler> = new Map();

function loggerTo(desk: JobDesk): Logger {
  const line =
    (level: keyof Logger): Logger["info"] =>
    (fields, message) =>
      desk.tell(messageText({ kind: "log", level, fields, message }));
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}

function immediateHandle(desk: JobDesk, task: RunningTask, request: CheckpointRequest): CheckpointHandle {
  const asked = desk.ask(messageText({ kind: "checkpoint", request, ops: task.takeOps() }));
  const committed = asked.then((answer): CheckpointInfo => ({ ...JSON.parse(answer), metadata: request.metadata.read() }));
  return { id: request.id, committed: silenced(committed) };
}
