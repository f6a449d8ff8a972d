import { storedValue } from "./checkpoint-read.js";
import type { ErrorRecord } from "./error-record.js";
import { LimitExceededError } from "./errors.js";
import type { JsonReader } from "./read-json.js";
import type { GroupFacts } from "./run-state.js";
import type { TaskRef } from "./task-ref.js";
import type { ScopeKey, TaskSpec } from "./task-spec.js";

/** Turns the reference of a saved task into the one the code of today uses for it, with its node of the graph. */
export type ResolveRef = (ref: TaskRef, node: string | null) => { readonly ref: TaskRef; readonly node: string | null };

/** What the tasks and nodes that a checkpoint names are called today. */
export interface Names {
  readonly resolve: ResolveRef;
  readonly rename: (node: string) => string;
}

/** The names of a checkpoint that is looked at without the code that wrote it. */
export const namesAsSaved: Names = { resolve: (ref, node) => ({ ref, node }), rename: (node) => node };

/** A task that is pending, running or failed. */
export function readSpec(record: JsonReader, { resolve }: Names): TaskSpec {
  const saved = record.at("ref");
  const strategy = saved.at("strategy").oneOf(["reference"]);
  const [module, name, qualname] = [saved.at("module").text(), saved.at("name").text(), saved.at("qualname").text()];
  const { ref, node } = resolve({ strategy, module, name, qualname }, record.at("node").textOrNull());
  const taskId = record.at("taskId").text();
  const createdAt = record.at("createdAt").number();
  return {
    serial: record.at("serial").count(1),
    taskId: taskId === name ? ref.name : taskId,
    node,
    ref,
    input: storedValue(record.at("input")),
    attempt: record.at("attempt").count(1),
    failures: record.at("failures").count(),
    maxRetries: record.at("maxRetries").count(),
    cycle: record.at("cycle").count(1),
    createdAt,
    availableAt: record.at("availableAt").isAbsent ? createdAt : record.at("availableAt").number(),
    parent: record.at("parent").countOrNull(),
    scope: scopeKey(record.at("scope")),
    lineage: record.at("lineage").textOrNull(),
    lastError: errorRecord(record.at("lastError")),
    memo: record.at("memo").isAbsent
      ? null
      : new Map(
          record
            .at("memo")
            .entries()
            .map(([key, value]) => [key, storedValue(value)]),
        ),
  };
}

/** What a group is, without how far it has come. */
export function readGroupFacts(record: JsonReader, { rename }: Names): GroupFacts {
  return {
    serial: record.at("serial").count(1),
    node: rename(record.at("node").text()),
    scope: scopeKey(record.at("scope")),
    parent: record.at("parent").countOrNull(),
    cycle: record.at("cycle").count(1),
    input: storedValue(record.at("input")),
    total: record.at("total").count(),
    anonymous: record.at("anonymous").flag(),
  };
}

/** The group member something belongs to, or `null` for the top level. */
export function scopeKey(record: JsonReader): ScopeKey | null {
  return record.isAbsent ? null : { group: record.at("group").count(1), member: record.at("member").count() };
}

/** How many causes an error may have: each group it has passed through adds one. */
const CAUSES = 100;

/** An error, or `null` where there is none. */
export function errorRecord(record: JsonReader, depth = 0): ErrorRecord | null {
  if (record.isAbsent) return null;
  if (depth > CAUSES) throw new LimitExceededError(`an error has more than ${CAUSES} causes; resume from another checkpoint.`);
  return {
    name: record.at("name").text(),
    message: record.at("message").text(),
    code: record.at("code").textOrNull(),
    stack: record.at("stack").textOrNull(),
    cause: errorRecord(record.at("cause"), depth + 1),
  };
}
