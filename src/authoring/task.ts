import type { ChannelState } from "../core/channel.js";
import { DefinitionError } from "../core/errors.js";
import type { TaskGraph } from "../core/graph.js";
import { checkedId, quoted } from "../core/ids.js";
import type { StandardSchema } from "../core/standard-schema.js";
import type { AnyBody, AnyTask, Task } from "../core/task.js";
import type { TaskContext } from "../core/task-context.js";
import { checkedGraph, isDecoratorCall, taskDecorator } from "./decorate.js";
import type { TaskDecorator } from "./decorator-types.js";
import { defineTask } from "./define-task.js";
import { notesOn } from "./notes.js";
import { shown } from "./option-checks.js";
import type { MethodTaskOptions, TaskOptions } from "./task-options.js";
import { checkedSettings } from "./task-settings.js";

/** Keeps a function from passing for options, which would make a decorator of `task(fn)`. */
interface NotAFunction {
  readonly call?: never;
}

/**
 * Makes a task of a function, or marks a method as a task.
 *
 * ```ts
 * const load = task("load", async (ctx: TaskContext, path: string) => readRows(path));
 * const pay = task("pay", { retry: 3, timeout: "30s" }, (ctx: TaskContext, order: Order) => charge(order));
 *
 * class Shop {
 *   \@task({ next: "ship" }) async pack(ctx: TaskContext, order: Order) { ... }
 *   \@task() async ship(ctx: TaskContext, parcel: Parcel) { ... }
 * }
 * ```
 *
 * Throws `DefinitionError` for a name or option that is not valid.
 */
export function task<const Name extends string, Input, Output, State extends object = ChannelState>(
  name: Name,
  body: (ctx: TaskContext<State>, input: Input) => Output,
): Task<Input, Awaited<Output>, Name>;
export function task<const Name extends string, Input, Value, Raw, Output, State extends object = ChannelState>(
  name: Name,
  options: TaskOptions & { readonly input: StandardSchema<Input, Value>; readonly output: StandardSchema<Raw, Output> },
  body: (ctx: TaskContext<State>, input: Value) => Raw | Promise<Raw>,
): Task<Input, Output, Name>;
export function task<const Name extends string, Input, Value, Output, State extends object = ChannelState>(
  name: Name,
  options: TaskOptions & { readonly input: StandardSchema<Input, Value>; readonly output?: never },
  body: (ctx: TaskContext<State>, input: Value) => Output,
): Task<Input, Awaited<Output>, Name>;
export function task<const Name extends string, Input, Raw, Output, State extends object = ChannelState>(
  name: Name,
  options: TaskOptions & { readonly input?: never; readonly output: StandardSchema<Raw, Output> },
  body: (ctx: TaskContext<State>, input: Input) => Raw | Promise<Raw>,
): Task<Input, Output, Name>;
export function task<const Name extends string, Input, Output, State extends object = ChannelState>(
  name: Name,
  options: TaskOptions & { readonly input?: never; readonly output?: never },
  body: (ctx: TaskContext<State>, input: Input) => Output,
): Task<Input, Awaited<Output>, Name>;
export function task(options: MethodTaskOptions & { readonly graph: TaskGraph } & NotAFunction): TaskDecorator<string>;
export function task<const Next extends string = never, const Name extends string = never>(
  options?: MethodTaskOptions<Next, Name> & NotAFunction,
): TaskDecorator<Next, Name>;
export function task(...args: readonly unknown[]): unknown {
  const [name, options, body] = args;
  if (typeof name === "string") return args.length > 2 ? functionTask(name, options, body) : functionTask(name, {}, options);
  if (isDecoratorCall(args)) throw new DefinitionError("@task was used without parentheses: expected @task() or @task({ ... }); add them.");
  if (args.length > 1 || typeof name === "function" || name === null)
    throw new DefinitionError(`an anonymous task needs a name: found task(${shown(name)}, ...), expected task("name", fn); name it.`);
  return taskDecorator((name ?? {}) as MethodTaskOptions);
}

function functionTask(name: string, options: unknown, body: unknown): AnyTask {
  if (name === "") throw new DefinitionError('an anonymous task needs a name: found "", expected task("name", fn); name it.');
  checkedId(name, "task name");
  const what = `task ${quoted(name)}`;
  if (typeof body !== "function")
    throw new DefinitionError(
      `the body of ${what} is ${shown(body)}: expected a function (ctx, input) => output; pass one as the last argument.`,
    );
  const settings = checkedSettings(options, what);
  if ((options as MethodTaskOptions).name !== undefined)
    throw new DefinitionError(`${what} has option name: a function's task is named by the first argument; remove the option.`);
  const graph = checkedGraph((options as TaskOptions).graph, what);
  const made = defineTask({ name, qualname: body.name || name, settings, body: body as AnyBody });
  graph?.add(made);
  return made;
}

/** The task that a static method became in the graph it registered itself in, or `null`. */
export const registeredTask = (method: unknown): AnyTask | null =>
  (typeof method === "function" ? notesOn(method)?.registered : undefined) ?? null;

/** The static methods that stand for some of these tasks, because they registered themselves in a graph. */
export const registeredMethods = (tasks: readonly AnyTask[]): ReadonlyMap<AnyBody, AnyTask> =>
  new Map(tasks.flatMap((task) => [...(notesOn(task)?.functions ?? [])].map((fn) => [fn, task] as const)));
