import { JsonReader } from "./read-json.js";
import type { SegmentRef, StoredTable } from "./segmented-table.js";

/** A table before its segments are fetched. */
export interface TableHead {
  readonly segments: readonly SegmentRef[];
  readonly set: readonly (readonly [string, JsonReader])[];
  readonly removed: readonly string[];
}

/** A table as it was read: what the checkpoint names, and all records there are, parsed. */
export interface LoadedTable extends StoredTable {
  readonly records: ReadonlyMap<string, JsonReader>;
}

/** Puts a table together from its head and the texts of its segments. */
export function readTable(head: TableHead, texts: readonly string[]): LoadedTable {
  const records = new Map<string, JsonReader>();
  const put = (key: string, record: JsonReader | null): void => {
    if (record === null) records.delete(key);
    else records.set(key, record);
  };
  const keys = texts.map((text, place) => JsonReader.parse(text, `segment ${place}`).pairs(put));
  putTail(head, put);
  return { image: imageOf(head), keys: () => keys, present: () => records.keys(), records };
}

/** Puts what has changed since the last segment on top of the segments. */
export function putTail({ set, removed }: TableHead, put: (key: string, record: JsonReader | null) => void): void {
  for (const key of removed) put(key, null);
  for (const [key, record] of set) put(key, record);
}

/** A table as its checkpoint names it. */
export function imageOf({ segments, set, removed }: TableHead): StoredTable["image"] {
  const tail = new Map<string, string | null>(removed.map((key) => [key, null]));
  for (const [key, record] of set) tail.set(key, record.json());
  return { segments, tail };
}
