import type { ChannelEntry, ChannelOp, RunChannelBackend } from "../core/channel.js";
import type { Clock } from "../core/clock.js";
import { isResultKey } from "../core/result-key.js";
import type { ChangeTracker } from "../core/run-state.js";
import type { StoredValue } from "../core/serialize/index.js";

/** What a key held before a step and after it; `undefined` is nothing. */
interface Change {
  readonly before: StoredValue | undefined;
  after: StoredValue | undefined;
}

/** The channel of a run, and what each step changes in it. */
export class WitnessedChannel implements RunChannelBackend {
  #changes = new Map<string, Change>();

  constructor(private readonly inner: RunChannelBackend) {}

  /** What the run has changed since this was asked for the last time, by key; results of tasks are left out. */
  takeChanges(): ReadonlyMap<string, Readonly<Change>> {
    const taken = this.#changes;
    this.#changes = new Map();
    for (const [key, { before, after }] of taken) {
      if (before === after || (before !== undefined && after !== undefined && before.equals(after))) taken.delete(key);
    }
    return taken;
  }

  commit(ops: readonly ChannelOp[]): void {
    const keys = new Set(ops.flatMap(({ key }) => (isResultKey(key) ? [] : [key])));
    const before = new Map(Array.from(keys, (key) => [key, this.inner.read(key)]));
    this.inner.commit(ops);
    for (const [key, value] of before) {
      const after = this.inner.read(key);
      const known = this.#changes.get(key);
      if (known === undefined) this.#changes.set(key, { before: value, after });
      else known.after = after;
    }
  }

  get kind(): string {
    return this.inner.kind;
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
  now(): number {
    return this.inner.now();
  }
  useClock(clock: Clock): void {
    this.inner.useClock(clock);
  }
  entry(key: string): ChannelEntry | undefined {
    return this.inner.entry(key);
  }
  track(tracker: ChangeTracker): void {
    this.inner.track(tracker);
  }
  restore(entries: Iterable<ChannelEntry>): void {
    this.inner.restore(entries);
  }
}
