import { Backlog, STRIDE } from "./backlog.js";
import { storedValue } from "./checkpoint-read.js";
import type { JsonReader } from "./read-json.js";
import type { SpecStatus } from "./run-state.js";
import { entryText } from "./segmented-table.js";
import { StoredValue, verifyPlain } from "./serialize/index.js";
import { type SpecFacts, specOf } from "./spec-facts.js";
import { type Names, readRef, readShared, withOwn } from "./spec-read.js";
import { hasSameFacts, itemsText, sharedText } from "./spec-write.js";
import type { TaskRef } from "./task-ref.js";
import type { TaskSpec } from "./task-spec.js";

// Segments hold tasks in packs, since ten thousand that wait must be read in a few milliseconds: what tasks have in common
// stands once, then four items for each. In `state.json`, which people read, each task is a record with the same fields by name.
//
//   ["tasks", { "status": "pending", "cycle": 1, "createdAt": 1767225600000, "parent": 1, "ref": { ... } },
//     [2, "w0", "source#1.0", { "i": 0 },
//      3, "w1", "source#1.1", { "i": 1 }]]
//
// The items are the `serial`, the `taskId`, the `lineage` (or null, or an object of the fields that few tasks have: `lineage`,
// `order`, `availableAt`, `scope`, `lastError`, `memo`, `input`), and the input if that is plain JSON.

/** The key of a pack. */
export const PACK = "tasks";

export const taskKey = (serial: number): string => `task/${serial}`;

/** The serial in the key of a task, or `null` for the key of anything else. */
export const serialIn = (key: string): number | null => (key.startsWith("task/") ? Number(key.slice(5)) : null);

/** A task as it is saved. */
interface SavedTask {
  readonly spec: TaskSpec;
  readonly status: SpecStatus;
}

/** Where tasks are found by their serials. */
type FindTask = (serial: number) => SavedTask | null;

/** Writes a segment of a state: as any other, but for its tasks. */
export function packedSegment(keys: readonly string[], record: (key: string) => string | null, find: FindTask): string {
  const entries: string[] = [];
  const packs = new Packs();
  for (const key of keys) {
    const serial = serialIn(key);
    const found = serial === null ? null : find(serial);
    if (found !== null) packs.add(found);
    else entries.push(entryText(key, serial === null ? record(key) : null));
  }
  return `[${[...entries, ...packs.texts()].join(",\n")}]`;
}

/** Packs in the making, by what their tasks have in common. */
class Packs {
  readonly #byShared = new Map<string, string[]>();
  #last: SavedTask | null = null;
  #items: string[] = [];

  add(task: SavedTask): void {
    if (this.#last === null || !isLike(this.#last, task)) this.#open(sharedText(task.spec, task.status));
    this.#last = task;
    this.#items.push(itemsText(task.spec));
  }

  #open(shared: string): void {
    this.#items = this.#byShared.get(shared) ?? [];
    this.#byShared.set(shared, this.#items);
  }

  /** The largest first, as a reader can leave the tasks of one pack as they are. */
  texts(): string[] {
    const packs = [...this.#byShared].sort(([, a], [, b]) => b.length - a.length);
    return packs.map(([shared, items]) => `["${PACK}",${shared},[${items.join(",\n")}]]`);
  }
}

const isLike = (a: SavedTask, b: SavedTask): boolean => a.status === b.status && hasSameFacts(a.spec, b.spec);

/** Takes the tasks that are read; of those with one serial, the last holds. */
export interface TaskTaker {
  put(spec: TaskSpec, status: SpecStatus): void;
  drop(serial: number): void;
}

const STATUSES: readonly SpecStatus[] = ["pending", "running", "failed"];

/** The status of a record of tasks. */
export const statusOf = (record: JsonReader): SpecStatus => record.at("status").oneOf(STATUSES);

/** The tasks of a pack as they were read. */
export class TaskPack {
  readonly #items: readonly unknown[];

  constructor(
    private readonly shared: JsonReader,
    private readonly list: JsonReader,
  ) {
    this.#items = list.list();
  }

  ref(): TaskRef {
    return readRef(this.shared);
  }

  keys(): string[] {
    const keys: string[] = [];
    for (let place = 0; place < this.#items.length; place += STRIDE) keys.push(taskKey(this.list.item(place).count(1)));
    return keys;
  }

  read(names: Names, taker: TaskTaker): void {
    const [status, shared, items] = [statusOf(this.shared), readShared(this.shared, names), this.#items];
    for (let place = 0; place < items.length; place += STRIDE) {
      const serial = items[place];
      const taskId = items[place + 1];
      const own = items[place + 2];
      const isCommon = isCount(serial) && typeof taskId === "string" && (typeof own === "string" || own === null);
      taker.put(
        isCommon ? specOf(shared, serial, taskId, own, StoredValue.fromPlain(items[place + 3])) : this.#spec(shared, place),
        status,
      );
    }
  }

  /** The tasks, checked, for the time when their turn comes; `null` if they are not all pending, in order and without fields of their own. */
  backlog(names: Names, left: Map<number, TaskSpec>): Backlog | null {
    const [shared, items] = [readShared(this.shared, names), this.#items];
    if (statusOf(this.shared) !== "pending") return null;
    let last = 0;
    for (let place = 0; place < items.length; place += STRIDE) {
      const serial = items[place];
      const own = items[place + 2];
      const isCommon = isCount(serial) && typeof items[place + 1] === "string" && (typeof own === "string" || own === null);
      if (!isCommon || serial <= last) return null;
      verifyPlain(items[place + 3], false);
      last = serial;
    }
    return new Backlog(shared, items, left);
  }

  #spec(shared: SpecFacts, place: number): TaskSpec {
    const at = (item: number): JsonReader => this.list.item(place + item);
    const [serial, taskId, own] = [at(0).count(1), at(1).text(), at(2).object()];
    const lineage = own.has("lineage") ? own.textAt("lineage") : null;
    const input = own.has("input") ? storedValue(own.at("input")) : StoredValue.fromPlain(at(3).value);
    return specOf(withOwn(shared, own), serial, taskId, lineage, input);
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;
