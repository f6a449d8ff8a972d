import { blobName, type Head, isDoomed, type MovedBlob } from "./head.js";
import { inLanes } from "./lanes.js";
import type { RunPlace } from "./run-place.js";

/**
 * Stores the blobs of one checkpoint so that none of them can be deleted by somebody who does not know the checkpoint yet: whoever
 * deletes an object says so in the head before, which makes the commit of the checkpoint look again. A blob whose object may
 * vanish at any time is stored under another name.
 */
export class BlobUpload {
  /** `Head.hides` when the blobs were stored, or `null` before. */
  #hides: number | null = null;
  #moved: readonly MovedBlob[] = [];

  constructor(
    private readonly place: RunPlace,
    private readonly generation: string,
    private readonly blobs: ReadonlyMap<string, Uint8Array>,
    private readonly nextStamp: () => string,
  ) {}

  /** Makes sure that the blobs are stored where the next head will name them. */
  async follow(head: Head): Promise<void> {
    if (this.#hides === head.hides) return;
    const doomed = [...this.blobs.keys()].filter((digest) => isDoomed(head, blobName(head, digest)));
    const moved = doomed.map((digest) => ({ digest, name: `${digest}.${this.nextStamp()}` }));
    const next = movedIn(head, moved);
    const { bucket, layout } = this.place;
    await inLanes([...this.blobs], ([digest, bytes]) => bucket.put(layout.object(this.generation, "blobs", blobName(next, digest)), bytes));
    this.#moved = moved;
    this.#hides = head.hides;
  }

  /** The head that names them. */
  named(head: Head): Head {
    return this.#moved.length === 0 ? head : movedIn(head, this.#moved);
  }
}

function movedIn(head: Head, moved: readonly MovedBlob[]): Head {
  const digests = new Set(moved.map(({ digest }) => digest));
  return { ...head, moved: [...head.moved.filter(({ digest }) => !digests.has(digest)), ...moved] };
}
