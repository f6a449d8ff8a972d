import type { CheckpointStore } from "../core/checkpoint.js";
import { CheckpointNotFoundError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { NamedBlob } from "../core/retention.js";
import type { SegmentRef, TableImage } from "../core/segmented-table.js";
import { loadMeta } from "./load-checkpoint.js";

/** The checkpoint that a run goes on from. */
interface Origin {
  readonly id: string;
  readonly channel: { readonly image: TableImage };
  readonly state: { readonly image: TableImage };
}

/** Knows the blobs of a run's checkpoints: their sizes, and which of them have to be stored with the next one. */
export class BlobLedger {
  /** Blobs that no stored checkpoint is known to hold yet. */
  readonly #unstored = new Map<string, Uint8Array>();
  /** The sizes of the blobs that the newest checkpoint names. */
  #sizes: ReadonlyMap<string, number> = new Map();

  constructor(
    private readonly store: CheckpointStore,
    private readonly runId: string,
    private readonly sha256: (data: string | Uint8Array) => string,
    private origin: Origin | null,
  ) {}

  emit(digest: string, bytes: Uint8Array): void {
    this.#unstored.set(digest, bytes);
  }

  /**
   * Before the first checkpoint after a resume: finds out the sizes of the blobs that were taken over. Only those of the newest
   * checkpoint are safe from being pruned; the others are stored anew. Throws `CheckpointNotFoundError` if one is gone.
   */
  async adoptOrigin(): Promise<void> {
    if (this.origin === null) return;
    const newest = (await this.store.list(this.runId)).at(-1);
    if (newest?.id === this.origin.id) {
      const { blobs } = await loadMeta(this.store, newest, this.sha256);
      this.#sizes = sizesOf(blobs);
    } else {
      for (const { sha256 } of [...this.origin.channel.image.segments, ...this.origin.state.image.segments]) {
        const bytes = await this.store.readBlob(this.runId, sha256);
        if (bytes === null) throw this.#gone(this.origin.id);
        this.emit(sha256, bytes);
      }
    }
    this.origin = null;
  }

  /** The blobs that a checkpoint names, each once and with its size. */
  sized(refs: readonly SegmentRef[]): (SegmentRef & NamedBlob)[] {
    const size = ({ sha256, size }: SegmentRef): number => this.#unstored.get(sha256)?.length ?? this.#sizes.get(sha256) ?? size;
    return [...new Map(refs.map((ref) => [ref.sha256, { ...ref, bytes: size(ref) }])).values()];
  }

  /** Of the blobs that a checkpoint names, those to store with it. What a failed one named may be named by nobody since. */
  unstored(named: readonly NamedBlob[]): Map<string, Uint8Array> {
    const wanted = sizesOf(named);
    return new Map([...this.#unstored].filter(([digest]) => wanted.has(digest)));
  }

  /** A checkpoint that names these blobs has been stored. */
  stored(named: readonly NamedBlob[]): void {
    this.#unstored.clear();
    this.#sizes = sizesOf(named);
  }

  #gone(checkpointId: string): CheckpointNotFoundError {
    const { runId, store } = this;
    return new CheckpointNotFoundError(
      `checkpoint ${quoted(checkpointId)}, which run ${quoted(runId)} was resumed from, was pruned from ${store.location}: expected it to stay until the run had stored its next one; resume from a newer one, or pin it before.`,
      { runId, checkpointId },
    );
  }
}

const sizesOf = (blobs: readonly NamedBlob[]): Map<string, number> => new Map(blobs.map(({ sha256, bytes }) => [sha256, bytes]));
