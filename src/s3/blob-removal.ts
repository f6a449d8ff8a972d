import { blobName, type Head, isHidden } from "./head.js";
import type { Changed } from "./head-queue.js";
import type { RunPlace } from "./run-place.js";
import { newToken } from "./stamps.js";

/**
 * Removes a blob, unless it turns out to be needed; resolves to whether it did. First its object is hidden: from then on nobody
 * finds it, and a checkpoint that needs the blob is committed only with a copy under another name. So once it is known to be unused
 * it stays unused, however long the deletion takes; and if the deletion dies before, the blob is found again after a while.
 */
export async function removeBlob(place: RunPlace, digest: string, isUnused: () => Promise<boolean>): Promise<boolean> {
  const token = newToken();
  const hidden = await place.queue.change((head) => hide(place, head, digest, token));
  if (hidden === null) return false;
  const show = (isGone: boolean) => place.queue.change((head) => ({ head: shown(head, token, isGone), value: isGone }));
  const unused = await isUnused().catch(async (error: unknown) => {
    await show(false);
    throw error;
  });
  if (!unused) return show(false);
  // A request that may still be on its way must not meet a blob that is stored anew: then the name is not used again.
  const isOver = await place.bucket.delete(place.layout.object(hidden.generation, "blobs", hidden.name));
  return isOver ? show(true) : true;
}

interface HiddenObject {
  readonly generation: string;
  readonly name: string;
}

/** Hides the object of a blob, if there is one to be found. */
async function hide(place: RunPlace, head: Head, digest: string, token: string): Promise<Changed<HiddenObject | null>> {
  const { bucket, layout } = place;
  const { generation } = head;
  const [name, since] = [blobName(head, digest), bucket.now()];
  const isThere = generation !== null && !isHidden(head, name, since) && (await bucket.has(layout.object(generation, "blobs", name)));
  if (!isThere) return { head, value: null };
  return { head: { ...head, hides: head.hides + 1, hidden: [...head.hidden, { name, token, since }] }, value: { generation, name } };
}

/** The head without a hiding, unless the run was deleted since. */
function shown(head: Head, token: string, isGone: boolean): Head {
  const ours = head.hidden.find((blob) => blob.token === token);
  if (ours === undefined) return head;
  const hidden = head.hidden.filter((blob) => blob !== ours);
  return { ...head, hidden, moved: isGone ? head.moved.filter(({ name }) => name !== ours.name) : head.moved };
}
