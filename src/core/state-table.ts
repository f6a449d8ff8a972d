import { CheckpointCorruptError } from "./errors.js";
import { JsonReader } from "./read-json.js";
import { type Names, readRef, readSpec } from "./spec-read.js";
import { imageOf, type LoadedTable, putTail, type TableHead } from "./table-read.js";
import { PACK, serialIn, statusOf, TaskPack, type TaskTaker, taskKey } from "./task-pack.js";
import type { TaskRef } from "./task-ref.js";

/** The table of a state as it was read. Its tasks may be many, and are read in one go once their names of today are known. */
export interface StateTable extends LoadedTable {
  /** All records but those of tasks. */
  readonly records: ReadonlyMap<string, JsonReader>;
  /** Oldest first: what comes later holds. */
  readonly tasks: readonly SavedTasks[];
}

/** Where tasks are found in the table of a state. */
export type SavedTasks = TaskPack | TaskEntry;

/** Puts the table of a state together from its head and the texts of its segments. */
export function readStateTable(head: TableHead, texts: readonly string[]): StateTable {
  const records = new Map<string, JsonReader>();
  const tasks: SavedTasks[] = [];
  const put = (key: string, record: JsonReader | null): void => {
    if (serialIn(key) !== null) tasks.push(new TaskEntry(key, record));
    else if (record === null) records.delete(key);
    else records.set(key, record);
  };
  const segments = texts.map((text, place) => {
    const parts: (string | TaskPack)[] = [];
    JsonReader.parse(text, `segment ${place}`).pairs((key, record, list) => {
      const pack = key === PACK && record !== null && list !== null ? new TaskPack(record, list) : null;
      if (pack === null) put(key, record);
      else tasks.push(pack);
      parts.push(pack ?? key);
    });
    return parts;
  });
  putTail(head, put);
  const keys = (): string[][] => segments.map((parts) => parts.flatMap((part) => (typeof part === "string" ? [part] : part.keys())));
  return { image: imageOf(head), keys, present: () => presentKeys(records, tasks), records, tasks };
}

function presentKeys(records: ReadonlyMap<string, JsonReader>, tasks: readonly SavedTasks[]): Set<string> {
  const keys = new Set(records.keys());
  for (const part of tasks) {
    if (part instanceof TaskPack) for (const key of part.keys()) keys.add(key);
    else if (part.record === null) keys.delete(part.key);
    else keys.add(part.key);
  }
  return keys;
}

/** A task with a record of its own, or the removal of one. */
class TaskEntry {
  constructor(
    readonly key: string,
    readonly record: JsonReader | null,
  ) {}

  ref(): TaskRef | null {
    return this.record && readRef(this.record);
  }

  read(names: Names, taker: TaskTaker): void {
    if (this.record === null) return taker.drop(serialIn(this.key) as number);
    const spec = readSpec(this.record, names);
    if (taskKey(spec.serial) !== this.key) {
      throw new CheckpointCorruptError(`${this.record.path} is a task under the key of another; resume from another checkpoint.`);
    }
    taker.put(spec, statusOf(this.record));
  }
}
