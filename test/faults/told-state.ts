// Reads the documents of a checkpoint without the library's reader, and says where that has understood something else.
import { isDeepStrictEqual } from "node:util";
import { isResultKey, resultOwner } from "../../src/core/result-key.js";
import { StoredValue } from "../../src/core/serialize/index.js";
import type { CheckpointRecord, CheckpointView } from "../../src/index.js";

interface Table {
  readonly segments: readonly { readonly sha256: string }[];
  readonly removed: readonly string[];
}
type Fields = Readonly<Record<string, unknown>>;

const decoder = new TextDecoder();

/** An entry of a segment: a key and its record, a key that was removed, or a pack of tasks with four items for each. */
type SegmentEntry = readonly [key: string, record?: unknown, tasks?: readonly unknown[]];

/** The records of a table: those of its segments, without what was removed, with what stands in the document itself. */
function tableOf(
  { segments, removed }: Table,
  own: Iterable<readonly [string, unknown]>,
  { blobs }: CheckpointRecord,
): Map<string, unknown> {
  const records = new Map<string, unknown>();
  for (const { sha256 } of segments) {
    for (const [key, record, tasks] of JSON.parse(decoder.decode(blobs.get(sha256))) as SegmentEntry[]) {
      if (key === "tasks" && Array.isArray(tasks)) {
        for (let place = 0; place < tasks.length; place += 4) records.set(`task/${tasks[place]}`, record);
      } else if (record === undefined) records.delete(key);
      else records.set(key, record);
    }
  }
  for (const key of removed) records.delete(key);
  for (const [key, record] of own) records.set(key, record);
  return records;
}

/** What differs between what a reader made of a checkpoint and what its documents say. */
export function misread(view: CheckpointView, record: CheckpointRecord): string[] {
  const context = JSON.parse(decoder.decode(record.files.context)) as { channel: Table & { data: Fields } };
  const state = JSON.parse(decoder.decode(record.files.state)) as Table & Fields;
  const wrong: string[] = [];
  if (view.steps !== state["steps"] || view.status !== state["status"]) wrong.push("steps or status");
  const channel = tableOf(context.channel, Object.entries(context.channel.data), record);
  const found = new Map([...view.channel, ...Array.from(view.results, ([task, value]) => [resultName(channel, task), value] as const)]);
  if (found.size !== channel.size) wrong.push(`${found.size} keys of the channel instead of ${channel.size}`);
  for (const [key, entry] of channel) {
    const { value } = entry as { value: { json: unknown } };
    if (!found.has(key) || !isDeepStrictEqual(found.get(key), StoredValue.fromDocument(value).read())) wrong.push(`channel key ${key}`);
  }
  return [...wrong, ...misreadTasks(view, state, record)];
}

const resultName = (channel: ReadonlyMap<string, unknown>, task: string): string =>
  [...channel.keys()].find((key) => isResultKey(key) && resultOwner(key) === task) ?? `no result of ${task}`;

function misreadTasks(view: CheckpointView, state: Table & Fields, record: CheckpointRecord): string[] {
  const lists = ["pendingTasks", "runningTasks", "failedTasks"].flatMap((field) => state[field] as { serial: number }[]);
  const done = Object.entries(state["completedTasks"] as Fields).map(([name, count]) => [`done/${name}`, count] as const);
  const records = tableOf(state, [...lists.map((task) => [`task/${task.serial}`, task] as const), ...done], record);
  const counts = new Map(
    [...records].flatMap(([key, count]) => (key.startsWith("done/") ? [[key.slice("done/".length), count] as const] : [])),
  );
  const tasks = [...records.keys()].filter((key) => key.startsWith("task/")).length;
  return [
    ...(isDeepStrictEqual(new Map(view.completedTasks), counts) ? [] : ["completed tasks"]),
    ...(view.tasks.length === tasks ? [] : [`${view.tasks.length} tasks instead of ${tasks}`]),
  ];
}
