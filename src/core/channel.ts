import type { Clock } from "./clock.js";
import type { Duration } from "./duration.js";
import type { ChangeTracker } from "./run-state.js";
import type { StoredValue } from "./serialize/index.js";

/** The state of a channel whose keys have no declared types. */
export type ChannelState = Readonly<Record<string, unknown>>;

/** The keys of a state that hold lists, and what is in them. */
export type ItemOf<Value> = Value extends readonly (infer Item)[] ? Item : unknown;

/** The values under some keys, each with its type. */
export type ValuesOf<State, Keys extends readonly (keyof State)[]> = { -readonly [Place in keyof Keys]: State[Keys[Place]] | undefined };

/** How a value is written. */
export interface WriteOptions {
  /** The value disappears this long after the write. Left out, a `set` makes it stay, and any other write keeps the time it has. */
  readonly ttl?: Duration;
}

/**
 * The run's key-value state. Values cross by value: what is read is frozen. Keys are segments of
 * `A-Z a-z 0-9 . _ -` joined by `/` or `:`.
 */
export interface Channel<State extends object = ChannelState> {
  get<Key extends keyof State & string>(key: Key): Promise<State[Key] | undefined>;
  set<Key extends keyof State & string>(key: Key, value: State[Key], options?: WriteOptions): Promise<void>;
  /** Resolves to whether there was a value. */
  delete(key: keyof State & string): Promise<boolean>;
  has(key: keyof State & string): Promise<boolean>;
  /** All keys, or those that start with `prefix`, sorted. Results of tasks are not among them. */
  keys(prefix?: string): Promise<string[]>;
  /** Values in the order of the keys, `undefined` where there is none. */
  getMany<const Keys extends readonly (keyof State & string)[]>(keys: Keys): Promise<ValuesOf<State, Keys>>;
  /** Adds to the end of a list (made if absent) and resolves to its new length, as seen by this task. */
  append<Key extends keyof State & string>(key: Key, item: ItemOf<State[Key]>, options?: WriteOptions): Promise<number>;
  /** Adds to the front of a list (made if absent) and resolves to its new length, as seen by this task. */
  prepend<Key extends keyof State & string>(key: Key, item: ItemOf<State[Key]>, options?: WriteOptions): Promise<number>;
  /** Adds to a number (0 if absent) and resolves to the sum, as seen by this task. */
  increment(key: keyof State & string, by?: number, options?: WriteOptions): Promise<number>;
  /**
   * Replaces a value by `fn` of it and resolves to the new one. `fn` must be pure and synchronous: it is applied
   * again at the commit if another task has written the key meanwhile.
   */
  update<Key extends keyof State & string>(
    key: Key,
    fn: (value: State[Key] | undefined) => State[Key],
    options?: WriteOptions,
  ): Promise<State[Key]>;
}

/** One write, as a task asked for it. `expiresAt` is wall-clock time in milliseconds, `null` for never. */
export type ChannelOp =
  | { readonly kind: "set"; readonly key: string; readonly value: StoredValue; readonly expiresAt: number | null }
  | { readonly kind: "delete"; readonly key: string }
  | { readonly kind: "append"; readonly key: string; readonly items: readonly StoredValue[]; readonly expiresAt: number | null }
  | { readonly kind: "prepend"; readonly key: string; readonly items: readonly StoredValue[]; readonly expiresAt: number | null }
  | { readonly kind: "increment"; readonly key: string; readonly by: number; readonly expiresAt: number | null }
  | {
      readonly kind: "update";
      readonly key: string;
      readonly fn: (value: unknown) => unknown;
      /** The value `fn` was applied to, and what it gave: valid as long as nobody else has written the key. */
      readonly seen: StoredValue | undefined;
      readonly value: StoredValue;
      readonly expiresAt: number | null;
    };

/** One key with its value, as a checkpoint holds it. */
export interface ChannelEntry {
  readonly key: string;
  readonly value: StoredValue;
  readonly expiresAt: number | null;
}

/** Where a channel keeps its values. Answers at once or with a promise; callers take both. */
export interface ChannelBackend {
  /** A word for messages and checkpoints: `memory`, `redis`. */
  readonly kind: string;
  read(key: string): StoredValue | undefined | Promise<StoredValue | undefined>;
  /** The length of the list under a key, 0 if there is none; does not read the list. */
  length(key: string): number | Promise<number>;
  /** All live keys that start with `prefix`, in no order, results of tasks among them. */
  keys(prefix: string): readonly string[] | Promise<readonly string[]>;
  /** Applies all operations, or none of them if one cannot be applied. */
  commit(ops: readonly ChannelOp[]): void | Promise<void>;
  /** Wall-clock milliseconds, by which entries expire. */
  now(): number;
}

/** A backend that a run can be saved from and set back in. */
export interface RunChannelBackend extends ChannelBackend {
  /** From now on entries expire by this clock. */
  useClock(clock: Clock): void;
  commit(ops: readonly ChannelOp[]): void;
  read(key: string): StoredValue | undefined;
  keys(prefix: string): readonly string[];
  /** The live entry of a key. */
  entry(key: string): ChannelEntry | undefined;
  /** From now on the tracker hears which keys change. Those there are count as changed. */
  track(tracker: ChangeTracker): void;
  /** Replaces everything by these entries. */
  restore(entries: Iterable<ChannelEntry>): void;
}
