import { CheckpointCorruptError } from "../core/errors.js";
import { isId, quoted } from "../core/ids.js";
import { JsonReader } from "../core/read-json.js";
import type { BoardCommand } from "./board-store.js";

/** A command with what makes it the same for all who read it. */
export interface StampedCommand {
  /** Tells it from all others. */
  readonly token: string;
  readonly now: number;
  readonly command: BoardCommand;
}

export const textOfCommand = ({ token, now, command }: StampedCommand): string => JSON.stringify({ token, now, ...command });

/** Reads what `textOfCommand` has made. Throws `CheckpointCorruptError` for anything else. */
export function commandOfText(text: string, path: string): StampedCommand {
  const fields = JsonReader.parse(text, path);
  return { token: fields.textAt("token"), now: fields.countAt("now"), command: commandOf(fields) };
}

function commandOf(fields: JsonReader): BoardCommand {
  const kind = fields.at("kind").oneOf(["create", "claim", "move", "cancel", "note"] as const);
  switch (kind) {
    case "create": {
      const parent = fields.at("parent").textOrNull();
      const texts = { data: fields.textAt("data"), metadata: fields.textAt("metadata") };
      return { kind, id: idAt(fields, "id"), type: idAt(fields, "type"), parent, ...texts };
    }
    case "claim": {
      const types = fields.at("types");
      const names = types.isAbsent ? null : types.items().map((type) => type.text());
      return { kind, agent: idAt(fields, "agent"), types: names, leaseMs: fields.countAt("leaseMs", 1) };
    }
    case "move": {
      const to = fields.at("to").oneOf(["claimed", "pending", "done", "failed"] as const);
      const [leaseMs, result] = [fields.at("leaseMs").countOrNull(), fields.at("result").textOrNull()];
      return { kind, id: idAt(fields, "id"), agent: idAt(fields, "agent"), to, leaseMs, result };
    }
    case "cancel":
      return { kind, id: idAt(fields, "id") };
    case "note":
      return { kind, key: idAt(fields, "key"), value: fields.at("value").textOrNull() };
  }
}

function idAt(fields: JsonReader, name: string): string {
  const text = fields.textAt(name);
  if (isId(text)) return text;
  throw new CheckpointCorruptError(`${fields.path}.${name} is ${quoted(text)}: expected a valid id; restore the file from a backup.`);
}
