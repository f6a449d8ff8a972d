import { type Entry, hasCheckpoints, NO_HEAD } from "./head.js";
import { inLanes, quietly } from "./lanes.js";
import { type ObjectKind, parseDocumentsName } from "./layout.js";
import type { RunPlace } from "./run-place.js";
import { epochOf, stampIn } from "./stamps.js";

const SWEPT: readonly ObjectKind[] = ["documents", "index", "journal", "blobs"];

/** Removes the objects of a checkpoint that the head does not name, as far as they can be removed now. */
export async function removeCheckpoint({ bucket, layout }: RunPlace, generation: string, entry: Omit<Entry, "seq">): Promise<void> {
  await quietly(() => inLanes([layout.documents(generation, entry), layout.hint(entry)], (key) => bucket.delete(key)));
}

/**
 * Removes a run; resolves to whether there was a checkpoint of it. First its head lets go of everything, so that nobody finds it
 * and its owner is stale; then the objects are removed, which another deletion can bring to its end. The head stays: an owner that
 * wakes up later must find that the run is not its own.
 */
export async function removeRun(place: RunPlace): Promise<boolean> {
  const { existed, leftovers } = await place.queue.change((head) => {
    const leftovers = head.generation === null ? head.leftovers : [...head.leftovers, head.generation];
    const { revision, writes, epoch } = head;
    const isBare = head.generation === null && head.owner === null && head.resumes === null;
    return {
      head: isBare ? head : { ...NO_HEAD, revision, writes, epoch, leftovers },
      value: { existed: hasCheckpoints(head), leftovers },
    };
  });
  for (const generation of leftovers) await removeGeneration(place, generation);
  if (leftovers.length > 0) {
    const done = new Set(leftovers);
    await place.queue.change((head) => ({ head: { ...head, leftovers: head.leftovers.filter((each) => !done.has(each)) }, value: null }));
  }
  return existed;
}

async function removeGeneration({ bucket, layout }: RunPlace, generation: string): Promise<void> {
  const documents = layout.kind(generation, "documents");
  await inLanes(await bucket.list(layout.generation(generation)), async (key) => {
    const entry = key.startsWith(documents) ? parseDocumentsName(key.slice(documents.length)) : null;
    // Before the documents, which are what tells of it.
    if (entry !== null) await bucket.delete(layout.hint(entry));
    await bucket.delete(key);
  });
}

/**
 * Removes what owners before this epoch have left behind: objects that bear its stamp and that the head does not name. They cannot
 * be named any more.
 */
export async function sweep(place: RunPlace, generation: string, epoch: number): Promise<void> {
  const { bucket, layout, index, object } = place;
  const { head } = await object.read();
  const named = new Set([...(await index.all(head)), ...head.pages].map(({ stamp }) => stamp));
  for (const stamp of head.journal?.segments ?? []) named.add(stamp);
  for (const { name } of head.moved) named.add(stampIn(name) ?? "");
  for (const kind of SWEPT) {
    const folder = layout.kind(generation, kind);
    await inLanes(await bucket.list(folder), async (key) => {
      const stamp = stampIn(key.slice(folder.length));
      if (stamp === null || named.has(stamp) || epochOf(stamp) >= epoch) return;
      const entry = kind === "documents" ? parseDocumentsName(key.slice(folder.length)) : null;
      if (entry !== null) await bucket.delete(layout.hint(entry));
      await bucket.delete(key);
    });
  }
}
