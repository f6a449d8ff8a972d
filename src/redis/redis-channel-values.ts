import { CheckpointError, UsageError } from "../core/errors.js";
import { StoredValue } from "../core/serialize/index.js";
import type { ChannelKeys } from "./channel-keys.js";
import { READ_KEYS, READ_LENGTH, READ_VALUE } from "./channel-read-scripts.js";
import { damaged } from "./damaged.js";
import type { RedisConnection } from "./redis-connection.js";
import { namesOf } from "./replies.js";
import type { Script } from "./script.js";

/** A value, and which write it is from. */
export interface StampedValue {
  readonly stamp: string;
  readonly value: StoredValue;
}

/** The generation of a channel that is never set back. */
export const SHARED_GENERATION = "0";

/** Reads one channel, as it is now. */
export class ChannelValues {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: ChannelKeys,
    /** The run whose channel it is, if it is one of a run. */
    private readonly runId: string | null,
    private generation = runId === null ? SHARED_GENERATION : "",
  ) {}

  async find(key: string): Promise<StampedValue | null> {
    const [found, stamp, content, length] = await this.#ask(`reading channel key ${key}`, READ_VALUE, key, true);
    if (String(found) === "none") return null;
    const value = readable(() => (Array.isArray(content) ? listOf(content.map(String), Number(length)) : documentOf(content)));
    if (value === null) throw damaged(this.#owner, this.connection.location, `channel key ${key} unreadable`, "a value");
    return { stamp: String(stamp), value };
  }

  async length(key: string): Promise<number> {
    const [, length] = await this.#ask(`measuring channel key ${key}`, READ_LENGTH, key);
    return Number(length);
  }

  async names(prefix: string): Promise<readonly string[]> {
    return namesOf(await this.#ask("listing the keys of a channel", READ_KEYS, prefix)).slice(1);
  }

  get #owner(): string {
    return this.runId ?? "(none: a channel by itself)";
  }

  /** Asks again if the run was set back since it was asked last. */
  async #ask(what: string, script: Script, argument: string, isList = false): Promise<readonly unknown[]> {
    const { keys, runId } = this;
    const server = await this.connection.server();
    for (;;) {
      const { generation } = this;
      const names = [keys.meta, keys.index(generation), keys.values(generation), ...(isList ? [keys.list(generation, argument)] : [])];
      const errand = { what, effect: "read", ...(runId === null ? {} : { runId }) } as const;
      const reply = (await server.run(errand, script, names, [generation, argument])).reply as readonly unknown[];
      if (String(reply[0]) !== "moved") return reply;
      const [, now] = reply.map(String);
      if (now === SHARED_GENERATION) throw notThere(this.#owner, this.connection.location);
      this.generation = String(now);
    }
  }
}

function readable(read: () => StoredValue | null): StoredValue | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof CheckpointError) return null;
    throw error;
  }
}

const documentOf = (content: unknown): StoredValue | null => (content === null ? null : StoredValue.fromText(String(content)));

/** The list of these pieces, or `null` if it is not as long as it was. */
function listOf(pieces: readonly string[], length: number): StoredValue | null {
  const items = pieces.flatMap((piece) => {
    const value = StoredValue.fromText(piece.slice(1));
    return piece.startsWith("s") ? value.items() : [value];
  });
  return items.length === length ? StoredValue.list(items) : null;
}

const notThere = (runId: string, location: string): UsageError =>
  new UsageError(
    `run ${runId} has no channel in ${location}: found none, expected one that its engine has begun; give the engine and whoever reads the same server and prefix, and see whether the run has ended.`,
    { runId },
  );
