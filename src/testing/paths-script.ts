import { FatalError } from "../core/errors.js";
import type { PlanNode } from "../core/graph-plan.js";
import type { AnyTask } from "../core/task.js";
import type { TaskContext } from "../core/task-context.js";
import type { LiveTaskContext } from "../engine/live-task-context.js";
import type { MockBody, Mocks } from "./mocks.js";
import type { Jump, PathModel } from "./paths-model.js";

/** What one path does otherwise than every task doing well. */
export interface PathScript {
  /** Bodies that jump at their first visit. */
  readonly jumps: readonly Jump[];
  /** A task whose first attempt, or whose every attempt, throws this. */
  readonly throws?: { readonly task: string; readonly error: unknown; readonly always: boolean };
  /** A task whose first attempt takes too long. */
  readonly hangs?: { readonly task: string; readonly ms: number };
  readonly iterates?: string;
  /** Tasks that fail for good, in these members of groups only. */
  readonly fails?: readonly FailingTask[];
}

/** A task that fails in all places where each of these groups is at one of these members. */
export interface FailingTask {
  readonly task: string;
  readonly where: ReadonlyMap<string, ReadonlySet<number>>;
}

/** The mocks of a path: a body for each task. */
export function scriptMocks(model: PathModel, script: PathScript): Mocks {
  return Object.fromEntries(model.tasks().map(({ name }) => [name, bodyOf(model, script, name)]));
}

function bodyOf(model: PathModel, script: PathScript, name: string): MockBody {
  const output = model.outputOf(name);
  const leave = wayOut(model, name);
  const jumps = script.jumps.filter(({ from }) => from === name);
  return async (ctx, input) => {
    await misbehave(script, name, ctx);
    if (script.iterates === name && ctx.cycle === 1) ctx.nextIteration(input);
    else if (script.iterates === name || !isHereAgain(ctx)) for (const { to } of jumps) goTo(ctx, model, to, name);
    else await leave(ctx);
    return output;
  };
}

async function misbehave({ throws, hangs, fails = [] }: PathScript, name: string, ctx: TaskContext): Promise<void> {
  if (fails.some(({ task, where }) => task === name && isAt(ctx, where))) throw new FatalError("a path had this task fail for good");
  if (throws?.task === name && (throws.always || ctx.attempt === 1)) throw throws.error;
  if (hangs?.task === name && ctx.attempt === 1) await ctx.sleep(hangs.ms);
}

/** Whether a task runs in these members of these groups. */
const isAt = (ctx: TaskContext, where: FailingTask["where"]): boolean =>
  placesOf(ctx).every(({ group, member }) => where.get(group)?.has(member) ?? true);

/** Whether a task was here before: in this member of a group or, by a jump out of a group that led into it again, in one around it. */
function isHereAgain(ctx: TaskContext): boolean {
  if (ctx.cycle > 1) return true;
  const groups = placesOf(ctx).map(({ group }) => group);
  return new Set(groups).size < groups.length;
}

/** The members of groups that a task runs in, from its name in the run: `<group>#<cycle>.<member>/.../<task>`. */
function placesOf(ctx: TaskContext): { readonly group: string; readonly member: number }[] {
  const { run, spec } = ctx as unknown as Pick<LiveTaskContext, "run" | "spec">;
  const parts = run.instanceOf(spec).split("/").slice(0, -1);
  return parts.map((part) => {
    const [, group = "", member] = /^(.*)#\d+\.(\d+)$/.exec(part) ?? [];
    return { group, member: Number(member) };
  });
}

/**
 * What a task does that is visited once more: it jumps to a task that nothing follows, so that cycles are gone through once, and
 * everything else is still done. Where there is no such task it ends the run, once the rest has come to its end.
 */
function wayOut(model: PathModel, name: string): (ctx: TaskContext) => Promise<void> {
  const node = model.plan.nodes.get(name);
  if (node === undefined || node.next.length === 0) return async () => {};
  const end = endFor(model, node);
  if (end !== undefined) return async (ctx) => goTo(ctx, model, end.id, name);
  const { timeoutMs } = model.task(name).settings;
  return async (ctx) => {
    await ctx.sleep(Math.min(PATIENCE_MS, (timeoutMs ?? PATIENCE_MS) / 2));
    ctx.terminate("the path has gone through the cycle once");
  };
}

/** Longer than what else a path waits for: a month of simulated time. */
const PATIENCE_MS = 30 * 86_400_000;

/** A task that nothing follows: where edges lead from here, else at the top level; one that takes anything rather than what fits a schema. */
function endFor({ plan }: PathModel, node: PlanNode): PlanNode | undefined {
  const ahead = new Set([node]);
  for (const one of ahead) for (const { to } of one.next) ahead.add(to);
  const cost = (end: PlanNode): number => {
    const { input, maxCycles } = (end as { readonly task: AnyTask }).task.settings;
    return (ahead.has(end) ? 0 : 1) + (input === null ? 0 : 4) + (maxCycles === null ? 0 : 8);
  };
  const isEnd = (end: PlanNode): boolean => end.kind === "task" && end.next.length === 0 && (ahead.has(end) || end.group === null);
  return [...plan.nodes.values()].filter(isEnd).sort((a, b) => cost(a) - cost(b))[0];
}

function goTo(ctx: TaskContext, model: PathModel, to: string, from: string): void {
  const { inputs } = model.values;
  ctx.goto(model.task(to), inputs.has(to) ? inputs.get(to) : model.outputOf(from));
}
