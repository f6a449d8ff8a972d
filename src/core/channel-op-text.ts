import type { ChannelOp } from "./channel.js";
import { storedValue } from "./checkpoint-read.js";
import { withTexts } from "./json-text.js";
import type { JsonReader } from "./read-json.js";

/** A write into the channel as JSON. An `update` must have been replaced by what it gave. */
export function opText(op: ChannelOp): string {
  switch (op.kind) {
    case "set": {
      const { value, ...plain } = op;
      return withTexts(withoutNull(plain), { value: value.text() });
    }
    case "append":
    case "prepend": {
      const { items, ...plain } = op;
      return withTexts(withoutNull(plain), { items: `[${items.map((item) => item.text()).join(",")}]` });
    }
    case "update":
      throw new TypeError("an update is written down as what it gave");
    default:
      return JSON.stringify(op);
  }
}

function withoutNull<Op extends { readonly expiresAt: number | null }>({ expiresAt, ...plain }: Op): object {
  return expiresAt === null ? plain : { ...plain, expiresAt };
}

/** Reads a write that `opText` wrote down. */
export function readOp(op: JsonReader): ChannelOp {
  const kind = op.at("kind").oneOf(["set", "delete", "append", "prepend", "increment"]);
  const key = op.at("key").text();
  const expiresAt = op.at("expiresAt").isAbsent ? null : op.at("expiresAt").number();
  if (kind === "delete") return { kind, key };
  if (kind === "set") return { kind, key, value: storedValue(op.at("value")), expiresAt };
  if (kind === "increment") return { kind, key, by: op.at("by").number(), expiresAt };
  return { kind, key, items: op.at("items").items().map(storedValue), expiresAt };
}
