import type { CheckpointStore } from "../core/checkpoint.js";
import type { KeepPolicy } from "../core/checkpoint-policy.js";
import { CheckpointCorruptError, CheckpointNotFoundError } from "../core/errors.js";
import { Footprint, isKeptForGood, judge, type Keepable } from "../core/retention.js";
import { loadMeta } from "./load-checkpoint.js";

type Sha256 = (data: string | Uint8Array) => string;

/** The checkpoints of a run as retention sees them. Those whose `meta.json` is damaged are left alone. */
export interface StoredCheckpoints {
  /** Oldest first. */
  readonly checkpoints: readonly Keepable[];
  /** Whether every checkpoint could be read: if not, nobody knows which blobs are needed. */
  readonly complete: boolean;
}

/** Reads `meta.json` of all checkpoints of a run. */
export async function readStored(store: CheckpointStore, runId: string, sha256: Sha256): Promise<StoredCheckpoints> {
  const checkpoints: Keepable[] = [];
  let complete = true;
  for (const key of await store.list(runId)) {
    try {
      const { info, blobs } = await loadMeta(store, key, sha256);
      checkpoints.push(entryOf({ ...info, blobs }));
    } catch (error) {
      if (error instanceof CheckpointNotFoundError) continue;
      if (!(error instanceof CheckpointCorruptError)) throw error;
      complete = false;
    }
  }
  return { checkpoints, complete };
}

const entryOf = ({ runId, id, seq, metrics, bytes, blobs }: Keepable): Keepable => ({ runId, id, seq, metrics, bytes, blobs });

/**
 * The checkpoints that a run keeps, and which of them are to go. What it takes to say so depends on how many the rules look at
 * (`last`, `best`, the pinned), not on how many are kept by `every`.
 */
export class RetentionBook {
  readonly #kept = new Map<number, Keepable>();
  /** Those on which a later checkpoint, or taking a pin away, may change the judgement. */
  #open = new Map<number, Keepable>();
  readonly #footprint = new Footprint();
  #best: ReadonlySet<Keepable> = new Set();
  #newest: Keepable | null = null;

  constructor(
    private readonly keep: KeepPolicy,
    checkpoints: readonly Keepable[],
  ) {
    for (const checkpoint of checkpoints) this.add(checkpoint);
  }

  /** Adds a checkpoint that is newer than all so far. */
  add(checkpoint: Keepable): void {
    const entry = entryOf(checkpoint);
    this.#kept.set(entry.seq, entry);
    this.#open.set(entry.seq, entry);
    this.#footprint.add(entry);
    this.#newest = entry;
  }

  /** Those that no rule keeps, oldest first. */
  ruledOut(pins: ReadonlySet<string>): readonly Keepable[] {
    const { doomed, best, recent } = judge([...this.#open.values()], this.keep, pins);
    this.#best = best;
    for (const [seq, entry] of this.#open) {
      if (isKeptForGood(entry, this.keep) && !recent.has(entry) && !best.has(entry)) this.#open.delete(seq);
    }
    return doomed;
  }

  /** The next one that has to go because all of them together are too large, or `null`. */
  tooMuch(pins: ReadonlySet<string>): Keepable | null {
    const { maxBytes } = this.keep;
    if (maxBytes === null || this.#footprint.bytes <= maxBytes) return null;
    const isOpen = (entry: Keepable): boolean => entry !== this.#newest && !pins.has(entry.id);
    for (const entry of this.#kept.values()) if (isOpen(entry) && !this.#best.has(entry)) return entry;
    for (const entry of this.#kept.values()) if (isOpen(entry)) return entry;
    return null;
  }

  /** Forgets a checkpoint; returns the digests of the blobs that no other names. */
  drop(entry: Keepable): readonly string[] {
    if (!this.#kept.delete(entry.seq)) return [];
    this.#open.delete(entry.seq);
    // One that was settled may be among the best now.
    if (this.#best.has(entry)) this.#open = new Map(this.#kept);
    return this.#footprint.drop(entry);
  }

  names(digest: string): boolean {
    return this.#footprint.names(digest);
  }
}
