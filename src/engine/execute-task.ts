import type { TaskOutcome } from "../core/outcome.js";
import { capture } from "../core/serialize/index.js";
import type { AnyBody } from "../core/task.js";
import type { TaskContext } from "../core/task-context.js";
import { isRunner } from "../core/task-runner.js";
import { within } from "../core/telemetry.js";
import { validated } from "../core/validate.js";
import { taskTimeout } from "./limits.js";
import type { LiveTaskContext } from "./live-task-context.js";
import type { TaskCall } from "./task-handler.js";

/** Takes the outcome of a body, in the same turn if the body was synchronous. */
export type OnEnded = (ctx: LiveTaskContext, outcome: TaskOutcome) => void;

type Body = (ctx: TaskContext<object>, input: unknown) => unknown;

/** The body that a test has put in the place of the task's own. */
export const standInOf = ({ run, task }: LiveTaskContext): AnyBody | undefined => run.definition.rehearsal?.bodies.get(task);

/** Runs one body and writes down what it returned, wrote and asked for, or what it threw. Never throws itself. */
export function executeTask(ctx: LiveTaskContext, ended: OnEnded): void {
  const { settings } = ctx.task;
  if (settings.timeoutMs !== null) arm(ctx, settings.timeoutMs, ended);
  try {
    const slow = settings.input !== null || settings.output !== null || settings.handler !== "inline";
    const result = slow ? checkedCall(ctx) : callBody(ctx, ctx.spec.input.read());
    if (!isThenable(result)) return end(ctx, result, ended);
    result.then(
      (value) => end(ctx, value, ended),
      (error) => ended(ctx, { kind: "threw", error }),
    );
  } catch (error) {
    ended(ctx, { kind: "threw", error });
  }
}

/** Time begins with the body, wherever that runs. */
function arm(ctx: LiveTaskContext, timeoutMs: number, ended: OnEnded): void {
  ctx.disarm = ctx.run.host.clock.after(timeoutMs, () => {
    const error = taskTimeout(ctx, timeoutMs);
    ctx.abort(error);
    ended(ctx, { kind: "threw", error });
  });
}

/** The body has returned; writes that it did not wait for are part of its step all the same. */
function end(ctx: LiveTaskContext, value: unknown, ended: OnEnded): void {
  const unfinished = ctx.unfinishedWrites;
  if (unfinished === null) return ended(ctx, returned(ctx, value));
  unfinished.then(
    () => end(ctx, value, ended),
    (error) => ended(ctx, { kind: "threw", error }),
  );
}

/** The way round by schemas and handlers. */
async function checkedCall(ctx: LiveTaskContext): Promise<unknown> {
  const { task, taskId } = ctx;
  const { input: schema, output, handler } = task.settings;
  const given = ctx.spec.input.read();
  const input = schema === null ? given : await validated(schema, given, `input of ${taskId}`);
  const invoke = (): unknown => callBody(ctx, input);
  const isHere = handler === "inline" || standInOf(ctx) !== undefined;
  const value = await (isHere ? invoke() : within(ctx.span, () => call(ctx, handler, { task, ctx, input, invoke })));
  return output === null ? value : validated(output, value, `output of ${taskId}`);
}

/** Only the body itself is called within its span: what the engine does after it belongs to no task. */
function callBody(ctx: LiveTaskContext, input: unknown): unknown {
  const body = (standInOf(ctx) ?? ctx.task.body) as Body;
  return ctx.span === null ? body(ctx, input) : ctx.span.within(() => body(ctx, input));
}

/** By the handler; by itself, if that would have run it elsewhere. */
function call(ctx: LiveTaskContext, name: string, task: TaskCall): unknown {
  const handler = ctx.run.handlers.get(name);
  return handler === undefined || isRunner(handler) ? task.invoke() : handler.run(task);
}

function returned(ctx: LiveTaskContext, value: unknown): TaskOutcome {
  try {
    return { kind: "returned", value: capture(value, ctx.taskId), ops: ctx.takeOps(), requests: ctx.book };
  } catch (error) {
    return { kind: "threw", error };
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
