import type { ChannelOp } from "./channel.js";
import { storedRecord, storedValue } from "./checkpoint-read.js";
import { LimitExceededError } from "./errors.js";
import { checkedKey } from "./ids.js";
import { withTexts } from "./json-text.js";
import type { Logger } from "./logger.js";
import type { CheckpointRequest } from "./outcome.js";
import { checkpointRequestText, readCheckpointRequest, readRemoteOp, remoteOpText } from "./outcome-text.js";
import { JsonReader } from "./read-json.js";
import { capture, type StoredValue } from "./serialize/index.js";
import type { TaskSpec } from "./task-spec.js";

/** How long a message may be, in characters. */
const LONGEST_MESSAGE = 16 * 1024 * 1024;

/** What a body that runs elsewhere says while it runs, or asks: the last three only where the channel cannot be read directly. */
export type JobMessage =
  | { readonly kind: "read" | "length"; readonly key: string }
  | { readonly kind: "keys"; readonly prefix: string }
  | { readonly kind: "progress"; readonly done: number; readonly total: number | null; readonly label: string | null }
  | { readonly kind: "log"; readonly level: keyof Logger; readonly fields: Readonly<Record<string, unknown>>; readonly message: string }
  | { readonly kind: "remember"; readonly key: string; readonly value: StoredValue }
  | { readonly kind: "checkpoint"; readonly request: CheckpointRequest; readonly ops: readonly ChannelOp[] };

/** A message as text. */
export function messageText(said: JobMessage): string {
  switch (said.kind) {
    case "read":
    case "length":
    case "keys":
      return JSON.stringify(said);
    case "progress":
      return JSON.stringify({ ...said, done: String(said.done), total: said.total === null ? null : String(said.total) });
    case "log":
      return withTexts({ kind: said.kind, level: said.level, message: said.message }, { fields: fieldsText(said.fields) });
    case "remember":
      return withTexts({ kind: said.kind, key: said.key }, { value: said.value.text() });
    case "checkpoint":
      return withTexts(
        { kind: said.kind },
        { request: checkpointRequestText(said.request), ops: `[${said.ops.map(remoteOpText).join(",")}]` },
      );
  }
}

/** Reads a message. Throws a `CairnError` for anything that no worker can have sent. */
export function readMessage(text: string, spec: TaskSpec): JobMessage {
  if (text.length > LONGEST_MESSAGE) {
    throw new LimitExceededError(
      `task "${spec.taskId}" sent a message of ${text.length} characters: expected at most ${LONGEST_MESSAGE}; log and remember less.`,
      { taskId: spec.taskId },
    );
  }
  const said = JsonReader.parse(text, "message");
  const kind = said.at("kind").oneOf(["progress", "log", "remember", "checkpoint", "read", "length", "keys"]);
  switch (kind) {
    case "read":
    case "length":
      return { kind, key: checkedKey(said.at("key").text()) };
    case "keys":
      return { kind, prefix: said.at("prefix").text() };
    case "progress": {
      const total = said.at("total").textOrNull();
      return {
        kind,
        done: Number(said.at("done").text()),
        total: total === null ? null : Number(total),
        label: said.at("label").textOrNull(),
      };
    }
    case "log": {
      const level = said.at("level").oneOf(["debug", "info", "warn", "error"]);
      return { kind, level, fields: storedRecord(said.at("fields")), message: said.at("message").text() };
    }
    case "remember":
      return { kind, key: checkedKey(said.at("key").text()), value: storedValue(said.at("value")) };
    case "checkpoint":
      return { kind, request: readCheckpointRequest(said.at("request"), spec), ops: said.at("ops").items().map(readRemoteOp) };
  }
}

/** A field that cannot travel is told by its text: a line of a log must not fail a task. */
function fieldsText(fields: Readonly<Record<string, unknown>>): string {
  try {
    return capture(fields, "log").text();
  } catch {
    return capture(Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)])), "log").text();
  }
}
