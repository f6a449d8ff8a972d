import { CheckpointCorruptError } from "../core/errors.js";
import { JsonReader } from "../core/read-json.js";
import { textsOf } from "../redis/replies.js";
import { BOARD_TASK_STATUSES, type StoredTask } from "./board-task.js";

/** A task as a script has answered it. Throws `CheckpointCorruptError` for what no script has written. */
export function taskOfRow(row: unknown, location: string): StoredTask {
  const [json, status, data, metadata, result] = textsOf(row);
  if (!json || !data || !metadata) throw damagedRow(location);
  const fields = JsonReader.parse(json, `a task in ${location}`);
  const found = BOARD_TASK_STATUSES.find((one) => one === status);
  if (found === undefined) throw damagedRow(location);
  const isPending = found === "pending";
  return {
    id: fields.textAt("id"),
    type: fields.textAt("type"),
    parent: fields.textAt("parent") || null,
    status: found,
    data,
    metadata,
    result: result ?? null,
    agent: isPending ? null : fields.at("agent").textOrNull(),
    leaseUntil: isPending ? null : fields.at("ends").countOrNull(),
    claims: fields.countAt("claims"),
    createdAt: fields.countAt("created"),
    finishedAt: fields.at("finished").countOrNull(),
  };
}

export const rowsOf = (reply: unknown): readonly unknown[] => (Array.isArray(reply) ? (reply as readonly unknown[]) : []);

/** The pairs of a reply that is a hash. */
export function pairsOf(reply: unknown): readonly (readonly [string, string])[] {
  const texts = textsOf(reply).map((text) => text ?? "");
  return texts.flatMap((text, place) => (place % 2 === 0 ? [[text, texts[place + 1] ?? ""] as const] : []));
}

const damagedRow = (location: string): CheckpointCorruptError =>
  new CheckpointCorruptError(
    `a task in ${location} is damaged: found keys that miss a part of it, expected all of them; restore the keys of the board from a backup.`,
  );
