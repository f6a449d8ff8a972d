import type { StoredValue } from "./serialize/index.js";
import type { TaskSpec } from "./task-spec.js";

/** A task but for what nearly every task has alone. */
export interface SpecFacts extends Omit<TaskSpec, "serial" | "order" | "taskId" | "lineage" | "input"> {
  /** `null`: its serial. */
  readonly order: number | null;
  /** What the task was called when it was saved. */
  readonly savedName: string;
}

/** Puts a task together. Written out, in the order of all specs: there may be many, and a spread costs several times as much. */
export const specOf = (facts: SpecFacts, serial: number, taskId: string, lineage: string | null, input: StoredValue): TaskSpec => ({
  serial,
  order: facts.order ?? serial,
  taskId: taskId === facts.savedName ? facts.ref.name : taskId,
  node: facts.node,
  ref: facts.ref,
  input,
  attempt: facts.attempt,
  failures: facts.failures,
  maxRetries: facts.maxRetries,
  cycle: facts.cycle,
  createdAt: facts.createdAt,
  availableAt: facts.availableAt,
  parent: facts.parent,
  origin: facts.origin,
  scope: facts.scope,
  lineage,
  lastError: facts.lastError,
  memo: facts.memo,
});
