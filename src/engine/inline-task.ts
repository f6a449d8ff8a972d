import { type RegisteredTask, refOf, type TaskRegistry } from "../core/registry.js";
import type { AnyBody, AnyTask, TaskSettings } from "../core/task.js";
import type { TaskRef } from "../core/task-ref.js";

/** A reference that carries its code, for runs that are never saved. */
interface InlineRef extends TaskRef {
  readonly inline: AnyTask;
}

const SETTINGS: TaskSettings = {
  module: null,
  start: false,
  next: [],
  after: [],
  join: "all",
  retry: null,
  timeoutMs: null,
  maxCycles: null,
  critical: false,
  checkpoint: null,
  formerly: [],
  input: null,
  output: null,
  handler: "inline",
  tags: [],
};

/** A task made of a function that nobody has registered. Its name means nothing, so that any number of closures may share it. */
export function inlineTask(registry: TaskRegistry, body: AnyBody): RegisteredTask {
  const task: AnyTask = { kind: "task", name: "inline", qualname: body.name || "inline", settings: SETTINGS, body };
  const ref: InlineRef = { ...refOf(registry.module, task), inline: task };
  return { task, ref, node: null };
}

/** The task an inline reference carries, or `undefined` for a reference that is looked up. */
export const inlineOf = (ref: TaskRef): AnyTask | undefined => ("inline" in ref ? (ref as InlineRef).inline : undefined);
