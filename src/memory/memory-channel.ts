import type { ChannelEntry, ChannelOp, ChannelState, RunChannelBackend } from "../core/channel.js";
import { applyOp, wrongKind } from "../core/channel-ops.js";
import type { Clock } from "../core/clock.js";
import { DelayQueue } from "../core/queues.js";
import type { ChangeTracker } from "../core/run-state.js";
import { capture, type StoredValue } from "../core/serialize/index.js";
import { type ChannelSchemas, StoredChannel } from "../core/stored-channel.js";
import { systemClock } from "../host/system-clock.js";

/** A value, or a list that is being added to and is put together only when somebody reads it. */
interface Slot {
  value: StoredValue | null;
  list: StoredValue[] | null;
  expiresAt: number | null;
}

interface Noted extends Slot {
  readonly length: number;
}

/** Keeps a channel's values in this process. */
export class MemoryChannelBackend implements RunChannelBackend {
  readonly kind = "memory";
  readonly #slots = new Map<string, Slot>();
  readonly #expiries = new DelayQueue<{ readonly availableAt: number; readonly serial: number; readonly key: string }>();
  #clock: Clock = systemClock;
  #tracker: ChangeTracker | null = null;

  useClock(clock: Clock): void {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  read(key: string): StoredValue | undefined {
    this.#sweep();
    const slot = this.#slots.get(key);
    return slot && slotValue(slot, key);
  }

  length(key: string): number {
    this.#sweep();
    const slot = this.#slots.get(key);
    return slot?.list?.length ?? slot?.value?.length ?? 0;
  }

  keys(prefix: string): string[] {
    this.#sweep();
    return [...this.#slots.keys()].filter((key) => key.startsWith(prefix));
  }

  commit(ops: readonly ChannelOp[]): void {
    this.#sweep();
    if (ops.length === 1) return this.#apply(ops[0] as ChannelOp);
    const before = new Map<string, Noted | undefined>();
    try {
      for (const op of ops) {
        if (!before.has(op.key)) before.set(op.key, noteOf(this.#slots.get(op.key)));
        this.#apply(op);
      }
    } catch (error) {
      for (const [key, noted] of before) this.#put(key, restored(noted));
      throw error;
    }
  }

  entry(key: string): ChannelEntry | undefined {
    this.#sweep();
    const slot = this.#slots.get(key);
    return slot && { key, value: slotValue(slot, key), expiresAt: slot.expiresAt };
  }

  track(tracker: ChangeTracker): void {
    this.#tracker = tracker;
    for (const key of this.#slots.keys()) tracker.touch(key);
  }

  restore(entries: Iterable<ChannelEntry>): void {
    for (const key of [...this.#slots.keys()]) this.#put(key, undefined);
    for (const { key, value, expiresAt } of entries) this.#put(key, { value, list: null, expiresAt });
  }

  #apply(op: ChannelOp): void {
    const slot = this.#slots.get(op.key);
    if (op.kind === "append") return this.#append(op, slot);
    const value = applyOp(slot && slotValue(slot, op.key), op);
    this.#put(op.key, value && op.kind !== "delete" ? { value, list: null, expiresAt: expiryAfter(op, slot) } : undefined);
  }

  /** Adds to a list in place: what it costs does not depend on how long the list is. */
  #append(op: Extract<ChannelOp, { kind: "append" }>, slot: Slot | undefined): void {
    if (slot && slot.list === null && slot.value?.isArray !== true) throw wrongKind(op.key, "append", "a list");
    const list = slot ? (slot.list ?? (slot.value as StoredValue).items().slice()) : [];
    for (const item of op.items) list.push(item);
    this.#put(op.key, { value: null, list, expiresAt: expiryAfter(op, slot) });
  }

  #put(key: string, slot: Slot | undefined): void {
    if (slot === undefined) {
      if (this.#slots.delete(key)) this.#tracker?.gone(key);
      return;
    }
    this.#slots.set(key, slot);
    if (slot.expiresAt !== null) this.#expiries.push({ availableAt: slot.expiresAt, serial: 0, key });
    this.#tracker?.touch(key);
  }

  #sweep(): void {
    if (this.#expiries.size === 0) return;
    const now = this.#clock.now();
    for (let next = this.#expiries.peek(); next !== undefined && next.availableAt <= now; next = this.#expiries.peek()) {
      this.#expiries.shift();
      const expiresAt = this.#slots.get(next.key)?.expiresAt ?? null;
      if (expiresAt !== null && expiresAt <= now) this.#put(next.key, undefined);
    }
  }
}

function slotValue(slot: Slot, key: string): StoredValue {
  slot.value ??= capture(
    (slot.list ?? []).map((item) => item.read()),
    `channel.${key}`,
  );
  return slot.value;
}

/** What is set anew lives as long as the write says; what is changed keeps the time it has, unless the write says otherwise. */
const expiryAfter = (op: Exclude<ChannelOp, { kind: "delete" }>, slot: Slot | undefined): number | null =>
  op.kind === "set" ? op.expiresAt : (op.expiresAt ?? slot?.expiresAt ?? null);

/** A slot as it is now. Lists are added to in place: their length tells what was added since. */
const noteOf = (slot: Slot | undefined): Noted | undefined => slot && { ...slot, length: slot.list?.length ?? 0 };

/** A slot as it was. */
function restored(noted: Noted | undefined): Slot | undefined {
  if (noted?.list) noted.list.length = noted.length;
  return noted && { value: noted.value, list: noted.list, expiresAt: noted.expiresAt };
}

/** The default channel of a run: values in this process, saved with each checkpoint. */
export class MemoryChannel<State extends object = ChannelState> extends StoredChannel<State, MemoryChannelBackend> {
  constructor(schemas: ChannelSchemas | null = null) {
    super(new MemoryChannelBackend(), schemas);
  }
}
