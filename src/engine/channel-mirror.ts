import type { ChannelEntry, ChannelOp, RunChannelBackend } from "../core/channel.js";
import { asItIs } from "../core/channel-ops.js";
import type { ChannelReplica, ReplicaOp, ReplicaStep } from "../core/channel-replica.js";
import type { Clock } from "../core/clock.js";
import { UsageError } from "../core/errors.js";
import type { ChangeTracker } from "../core/run-state.js";
import type { StoredValue } from "../core/serialize/index.js";

/** A run's channel in memory that notes what is written to it, and repeats that in a replica. */
export class ChannelMirror implements RunChannelBackend {
  /** Nothing is noted before the replica has begun, nor after it has failed. */
  #phase: "apart" | "following" | "ended" = "apart";
  #ops: ReplicaOp[] = [];
  #steps: ReplicaStep[] = [];
  #clock: Clock | null = null;
  #frozenAt: number | null = null;
  #isWriting = false;
  #tracker: ChangeTracker | null = null;
  #hears: () => void = () => {};

  constructor(
    private readonly inner: RunChannelBackend,
    readonly kind: string,
    private readonly replica: ChannelReplica,
  ) {
    inner.track({
      touch: (key) => this.#tracker?.touch(key),
      gone: (key) => this.#gone(key),
    });
  }

  get location(): string {
    return this.replica.location;
  }

  /** Whether there is something that the replica does not have yet. */
  get isBehind(): boolean {
    return this.#ops.length > 0 || this.#steps.length > 0;
  }

  /** Called whenever something was noted. */
  onNoted(hears: () => void): void {
    this.#hears = hears;
  }

  /** Resolves to the number of steps at which the replica was left, or to `null`. */
  claim(): Promise<number | null> {
    return this.replica.claim();
  }

  /** The replica becomes what the channel is now, and follows it from here on. */
  begin(steps: number): Promise<void> {
    const entries = this.keys("").flatMap((key) => this.entry(key) ?? []);
    this.#phase = "following";
    return this.replica.begin({ entries, steps, now: this.now() });
  }

  /** What was written since the step before belongs to this one. */
  endStep(steps: number): void {
    if (this.#ops.length === 0) return;
    this.#steps.push({ steps, ops: this.#ops });
    this.#ops = [];
  }

  /** Resolves when the replica has everything. */
  async flush(steps: number): Promise<void> {
    this.endStep(steps);
    if (this.#steps.length === 0) return;
    const sent = this.#steps;
    this.#steps = [];
    try {
      await this.replica.send(sent, this.now());
    } catch (error) {
      this.#phase = "apart";
      [this.#ops, this.#steps] = [[], []];
      throw error;
    }
  }

  /** Nothing is written any more: nobody else would see it. */
  async end(): Promise<void> {
    this.#phase = "ended";
    await this.replica.end();
  }

  useClock(clock: Clock): void {
    this.#clock = clock;
    this.inner.useClock({
      now: () => this.#frozenAt ?? clock.now(),
      monotonic: () => clock.monotonic(),
      after: (delayMs, fire) => clock.after(delayMs, fire),
    });
  }

  now(): number {
    return this.inner.now();
  }

  read(key: string): StoredValue | undefined {
    return this.inner.read(key);
  }

  length(key: string): number | Promise<number> {
    return this.inner.length(key);
  }

  keys(prefix: string): readonly string[] {
    return this.inner.keys(prefix);
  }

  entry(key: string): ChannelEntry | undefined {
    return this.inner.entry(key);
  }

  track(tracker: ChangeTracker): void {
    this.#tracker = tracker;
    for (const key of this.keys("")) tracker.touch(key);
  }

  restore(entries: Iterable<ChannelEntry>): void {
    this.inner.restore(entries);
  }

  commit(ops: readonly ChannelOp[]): void {
    if (this.#phase === "ended") {
      throw new UsageError(`the channel at ${this.location} was written after its run had ended: write before, or from a task.`);
    }
    // What has run out by now goes first, and nothing else does while these are applied: the replica must see the same.
    this.#frozenAt = this.#clock?.now() ?? null;
    try {
      void this.inner.length("");
      this.#isWriting = true;
      this.inner.commit(ops);
      this.#note(ops);
    } finally {
      this.#isWriting = false;
      this.#frozenAt = null;
    }
  }

  /** The function of an `update` stays here, and nobody else adds exactly as this process does: such keys are noted with what they hold now. */
  #note(ops: readonly ChannelOp[]): void {
    if (this.#phase !== "following") return;
    const settled = new Set(ops.flatMap((op) => (isRepeatable(op) ? [] : [op.key])));
    for (const op of ops) if (isRepeatable(op) && !settled.has(op.key)) this.#ops.push(op);
    for (const key of settled) this.#ops.push(asItIs(this, key));
    this.#hears();
  }

  #gone(key: string): void {
    this.#tracker?.gone(key);
    if (this.#isWriting || this.#phase !== "following") return;
    this.#ops.push({ kind: "delete", key });
    this.#hears();
  }
}

const isRepeatable = (op: ChannelOp): op is ReplicaOp => op.kind !== "update" && op.kind !== "increment";
