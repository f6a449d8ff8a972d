import { storedValue } from "./checkpoint-read.js";
import type { ErrorRecord } from "./error-record.js";
import { LimitExceededError } from "./errors.js";
import type { JsonReader } from "./read-json.js";
import type { GroupFacts } from "./run-state.js";
import type { StoredValue } from "./serialize/index.js";
import { type SpecFacts, specOf } from "./spec-facts.js";
import { readOrigin } from "./task-origin.js";
import type { TaskRef } from "./task-ref.js";
import type { ScopeKey, TaskSpec } from "./task-spec.js";

/** What the tasks and nodes that a checkpoint names are called today. */
export interface Names {
  /** The reference that the code of today uses for a saved one. */
  readonly resolve: (saved: TaskRef) => TaskRef;
  readonly rename: (node: string) => string;
}

/** The names of a checkpoint that is looked at without the code that wrote it. */
export const namesAsSaved: Names = { resolve: (saved) => saved, rename: (node) => node };

/** A task that is pending, running or failed. `like` has the reference that a journal may leave out. */
export function readSpec(record: JsonReader, names: Names, like: TaskSpec | null = null): TaskSpec {
  const facts = withOwn(readShared(record, names, like), record);
  const lineage = record.has("lineage") ? record.textAt("lineage") : null;
  return specOf(facts, record.countAt("serial", 1), record.textAt("taskId"), lineage, storedValue(record.at("input")));
}

/** What tasks that were queued together have in common. */
export function readShared(record: JsonReader, { resolve, rename }: Names, like: TaskSpec | null = null): SpecFacts {
  const saved = like !== null && !record.has("ref") ? like.ref : readRef(record);
  const createdAt = record.numberAt("createdAt");
  const cycle = record.countAt("cycle", 1);
  return {
    savedName: saved.name,
    ref: resolve(saved),
    node: record.has("node") ? rename(record.textAt("node")) : null,
    attempt: record.has("attempt") ? record.countAt("attempt", 1) : 1,
    failures: record.has("failures") ? record.countAt("failures") : 0,
    maxRetries: record.has("maxRetries") ? record.countAt("maxRetries") : 0,
    cycle,
    createdAt,
    parent: record.has("parent") ? record.countAt("parent") : null,
    origin: record.has("by") ? readOrigin(record.at("by"), cycle, rename) : null,
    order: null,
    availableAt: createdAt,
    scope: null,
    lastError: null,
    memo: null,
  };
}

/** What is shared, and what of the rest a record has. */
export function withOwn(shared: SpecFacts, record: JsonReader): SpecFacts {
  return {
    ...shared,
    order: record.has("order") ? record.countAt("order", 1) : null,
    availableAt: record.has("availableAt") ? record.numberAt("availableAt") : shared.createdAt,
    scope: record.has("scope") ? scopeKey(record.at("scope")) : null,
    lastError: record.has("lastError") ? errorRecord(record.at("lastError")) : null,
    memo: record.has("memo") ? readMemo(record.at("memo")) : null,
  };
}

/** The reference of a saved task. */
export function readRef(record: JsonReader): TaskRef {
  const ref = record.at("ref");
  if (ref.textAt("strategy") !== "reference") ref.at("strategy").oneOf(["reference"]);
  return { strategy: "reference", module: ref.textAt("module"), name: ref.textAt("name"), qualname: ref.textAt("qualname") };
}

export const readMemo = (record: JsonReader): Map<string, StoredValue> =>
  new Map(record.entries().map(([key, value]) => [key, storedValue(value)]));

/** What a group is, without how far it has come. */
export function readGroupFacts(record: JsonReader, { rename }: Names): GroupFacts {
  const cycle = record.at("cycle").count(1);
  return {
    serial: record.at("serial").count(1),
    node: rename(record.at("node").text()),
    scope: scopeKey(record.at("scope")),
    parent: record.at("parent").countOrNull(),
    origin: readOrigin(record.at("by"), cycle, rename),
    cycle,
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
  const failures = record.at("failures");
  return {
    name: record.at("name").text(),
    message: record.at("message").text(),
    code: record.at("code").textOrNull(),
    stack: record.at("stack").textOrNull(),
    cause: errorRecord(record.at("cause"), depth + 1),
    ...(failures.isAbsent ? {} : { failures: failures.items().map((id) => id.text()) }),
  };
}
