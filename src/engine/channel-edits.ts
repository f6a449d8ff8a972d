import type { ChannelOp } from "../core/channel.js";
import { InvalidOptionError } from "../core/errors.js";
import { checkedKey, quoted } from "../core/ids.js";
import { isPlainObject } from "../core/plain-object.js";
import { isResultKey } from "../core/result-key.js";
import { capture } from "../core/serialize/index.js";

/** What a fork writes into its channel: values by key, `undefined` to remove one. Throws `DefinitionError`s. */
export function channelEdits(edits: Readonly<Record<string, unknown>>): ChannelOp[] {
  if (!isPlainObject(edits))
    throw new InvalidOptionError("option channel of a fork is not a plain object: expected the values to set, by channel key.");
  return Object.entries(edits).map(([key, value]): ChannelOp => {
    if (isResultKey(checkedKey(key)))
      throw new InvalidOptionError(
        `option channel of a fork has ${quoted(key)}, the result of a task: expected a key of the channel's own.`,
      );
    if (value === undefined) return { kind: "delete", key };
    return { kind: "set", key, value: capture(value, `channel.${key}`), expiresAt: null };
  });
}
