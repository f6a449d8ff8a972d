import type { Channel, ChannelBackend, ChannelOp, ChannelState, ItemOf, RunChannelBackend, ValuesOf, WriteOptions } from "./channel.js";
import { toMs } from "./duration.js";
import { InvalidOptionError, UsageError } from "./errors.js";
import { checkedKey, quoted } from "./ids.js";
import { isResultKey } from "./result-key.js";
import { capture, type StoredValue } from "./serialize/index.js";
import type { StandardSchema } from "./standard-schema.js";
import { validated } from "./validate.js";

/** The schemas of a typed channel, by key. */
export type ChannelSchemas = ReadonlyMap<string, StandardSchema>;

/** A channel that a run can have, whatever the types of its keys. */
export interface RunChannel {
  readonly backend: RunChannelBackend;
  readonly schemas: ChannelSchemas | null;
}

/** A channel over a backend: checks keys and values, and turns calls into operations. */
export class StoredChannel<State extends object = ChannelState, Backend extends ChannelBackend = ChannelBackend> implements Channel<State> {
  constructor(
    readonly backend: Backend,
    readonly schemas: ChannelSchemas | null = null,
  ) {}

  async get<Key extends keyof State & string>(key: Key): Promise<State[Key] | undefined> {
    const value = await this.backend.read(checkedKey(key));
    return value?.read() as State[Key] | undefined;
  }

  async set<Key extends keyof State & string>(key: Key, value: State[Key], options?: WriteOptions): Promise<void> {
    const stored = await this.#accept(key, value);
    await this.#write({ kind: "set", key, value: stored, expiresAt: this.#expiry(options) });
  }

  async delete(key: keyof State & string): Promise<boolean> {
    const there = (await this.backend.read(writableKey(key))) !== undefined;
    if (there) await this.#write({ kind: "delete", key });
    return there;
  }

  async has(key: keyof State & string): Promise<boolean> {
    return (await this.backend.read(checkedKey(key))) !== undefined;
  }

  async keys(prefix = ""): Promise<string[]> {
    return (await this.backend.keys(prefix)).filter((key) => !isResultKey(key)).sort();
  }

  async getMany<const Keys extends readonly (keyof State & string)[]>(keys: Keys): Promise<ValuesOf<State, Keys>> {
    return (await Promise.all(keys.map((key) => this.get(key)))) as ValuesOf<State, Keys>;
  }

  async append<Key extends keyof State & string>(key: Key, item: ItemOf<State[Key]>, options?: WriteOptions): Promise<number> {
    return this.#extend("append", key, item, options);
  }

  async prepend<Key extends keyof State & string>(key: Key, item: ItemOf<State[Key]>, options?: WriteOptions): Promise<number> {
    return this.#extend("prepend", key, item, options);
  }

  async increment(key: keyof State & string, by = 1, options?: WriteOptions): Promise<number> {
    if (typeof by !== "number" || !Number.isFinite(by)) {
      throw new InvalidOptionError(`increment of channel key ${quoted(key)} by ${String(by)}: expected a finite number.`);
    }
    await this.#checkResult(key, async () => (((await this.get(key)) as number | undefined) ?? 0) + by);
    await this.#write({ kind: "increment", key: writableKey(key), by, expiresAt: this.#expiry(options) });
    return (await this.backend.read(key))?.read() as number;
  }

  async update<Key extends keyof State & string>(
    key: Key,
    fn: (value: State[Key] | undefined) => State[Key],
    options?: WriteOptions,
  ): Promise<State[Key]> {
    const seen = await this.backend.read(checkedKey(key));
    const becomes: unknown = fn(seen?.read() as State[Key] | undefined);
    if (becomes instanceof Promise) {
      becomes.catch(() => {});
      throw new UsageError(
        `update of channel key ${quoted(key)} got an asynchronous function: do the waiting before, and pass a plain one.`,
      );
    }
    const value = await this.#accept(key, becomes);
    await this.#write({ kind: "update", key, fn: fn as (value: unknown) => unknown, seen, value, expiresAt: this.#expiry(options) });
    return (await this.backend.read(key))?.read() as State[Key];
  }

  async #extend(kind: "append" | "prepend", key: string, item: unknown, options?: WriteOptions): Promise<number> {
    const stored = capture(item, `channel.${writableKey(key)}[]`);
    await this.#checkResult(key, async () => {
      const list = ((await this.get(key as keyof State & string)) ?? []) as unknown as readonly unknown[];
      return kind === "append" ? [...list, item] : [item, ...list];
    });
    await this.#write({ kind, key, items: [stored], expiresAt: this.#expiry(options) });
    return this.backend.length(key);
  }

  async #accept(key: string, value: unknown): Promise<StoredValue> {
    const schema = schemaFor(this.schemas, writableKey(key));
    return capture(schema ? await validated(schema, value, `channel.${key}`) : value, `channel.${key}`);
  }

  /** Checks what a list or number would become, where the key has a schema. */
  async #checkResult(key: string, becomes: () => Promise<unknown>): Promise<void> {
    const schema = schemaFor(this.schemas, key);
    if (schema) await validated(schema, await becomes(), `channel.${key}`);
  }

  #expiry(options: WriteOptions | undefined): number | null {
    return options?.ttl === undefined ? null : this.backend.now() + toMs(options.ttl, "ttl");
  }

  #write(op: ChannelOp): void | Promise<void> {
    return this.backend.commit([op]);
  }
}

function writableKey(key: string): string {
  if (!isResultKey(checkedKey(key))) return key;
  throw new UsageError(`channel key ${quoted(key)} is the result of a task: only the task's own return value sets it; choose another key.`);
}

/** The schema of a key, `undefined` if keys have none. Throws `InvalidOptionError` for a key that is not among those that have one. */
export function schemaFor(schemas: ChannelSchemas | null, key: string): StandardSchema | undefined {
  if (schemas === null) return undefined;
  const schema = schemas.get(key);
  if (schema) return schema;
  throw new InvalidOptionError(
    `channel key ${quoted(key)} is not in the channel's schema: expected one of ${[...schemas.keys()].join(", ")}.`,
  );
}
