import type { CheckpointFile, CheckpointKey, CheckpointStore } from "../core/checkpoint.js";
import { checkedId, isId } from "../core/ids.js";
import type { AcquireOptions, RunOwner, RunWriter } from "../core/run-writer.js";
import { checkedDigest, checkedKey, isSeq } from "../core/store-checks.js";
import { removeBlob } from "./blob-removal.js";
import { Bucket } from "./bucket.js";
import { inLanes, quietly } from "./lanes.js";
import { hintsFolder, runsFolder } from "./layout.js";
import { acquireRun } from "./lease.js";
import { probe } from "./probe.js";
import { RunPlace } from "./run-place.js";
import { RunReader } from "./run-reader.js";
import { removeCheckpoint, removeRun, sweep } from "./run-removal.js";
import { type S3StoreOptions, s3Settings } from "./s3-options.js";
import { S3RunWriter } from "./s3-run-writer.js";
import { Transport } from "./transport.js";

const RUNS_REMEMBERED = 1_000;

/**
 * Keeps checkpoints in a bucket of Amazon S3 or of a server that speaks its language and supports conditional writes. Needs the
 * package aws4fetch, or a `client` that signs.
 *
 * Each run has one object that is ever replaced, always on the condition that it is as it was read: its head, which names all else
 * and so is where every commit is made or refused. In requests, a checkpoint costs three and one for each new blob; a step of a
 * journal, a sign of life and a pin one; acquiring a run two; deleting a checkpoint three; deleting a blob four; reading a document
 * or a blob two, listing a run one. A checkpoint beyond the newest hundred or so costs one more. A bucket with versions keeps the
 * old heads too, until a lifecycle rule removes them; and some servers take one write a second of one object, which `durability:
 * "step"` would have to wait for.
 *
 * Of a run that was deleted, its head stays, some hundred bytes: an owner that wakes up later must find that it has lost the run.
 *
 * @example
 * const store = new S3CheckpointStore({ bucket: "my-bucket", region: "eu-central-1", credentials });
 * await store.open();
 */
export class S3CheckpointStore implements CheckpointStore {
  readonly kind = "s3";
  /** As in `s3://bucket/prefix`. */
  readonly location: string;
  private readonly root: string;
  private readonly leaseMs: number;
  private readonly bucket: Bucket;
  private readonly places = new Map<string, RunPlace>();
  private opened: Promise<void> | null = null;

  /** Throws `InvalidOptionError`. */
  constructor(options: S3StoreOptions) {
    const settings = s3Settings(options);
    this.location = settings.location;
    this.root = settings.root;
    this.leaseMs = settings.leaseMs;
    this.bucket = new Bucket(new Transport(settings), this.location);
  }

  /**
   * Proves that the bucket can be used, with some requests the first time. Throws `MissingPackageError`, `CheckpointStorageError`,
   * `StoreUnavailableError`, or `UnsafeStoreError` if the server does not keep to the conditions of a write.
   */
  async open(): Promise<void> {
    this.opened ??= probe(this.bucket, this.root);
    try {
      await this.opened;
    } catch (error) {
      this.opened = null;
      throw error;
    }
  }

  async acquire(runId: string, { takeOver = false }: AcquireOptions = {}): Promise<RunWriter> {
    const place = this.place(runId);
    const acquired = await acquireRun(place, this.leaseMs, takeOver);
    if (acquired.isTakenOver) await quietly(() => sweep(place, acquired.generation, acquired.epoch));
    return new S3RunWriter(place, acquired, this.leaseMs);
  }

  async owner(runId: string): Promise<RunOwner | null> {
    return this.reader(runId).owner();
  }

  async list(runId: string): Promise<readonly CheckpointKey[]> {
    return this.reader(runId).list();
  }

  async find(id: string): Promise<CheckpointKey | null> {
    const folder = hintsFolder(this.root, checkedId(id, "checkpoint id"));
    const hints = await this.bucket.list(folder);
    const runs = new Set(hints.map((key) => key.slice(folder.length).split("/", 1)[0] ?? "").filter(isId));
    for (const runId of runs) {
      const found = (await this.list(runId)).find((key) => key.id === id);
      if (found !== undefined) return found;
    }
    return null;
  }

  async read(key: CheckpointKey): Promise<Readonly<Record<CheckpointFile, Uint8Array | null>> | null> {
    return this.reader(checkedKey(key).runId).documents(key);
  }

  async readBlob(runId: string, digest: string): Promise<Uint8Array | null> {
    return this.reader(runId).blob(checkedDigest(digest));
  }

  async readJournal(runId: string, seq: number): Promise<readonly Uint8Array[]> {
    const reader = this.reader(runId);
    return isSeq(seq) ? reader.journal(seq) : [];
  }

  async delete(key: CheckpointKey): Promise<boolean> {
    const place = this.place(checkedKey(key).runId);
    const removed = await place.queue.change(async (head) => {
      const located = head.pins.includes(key.id) ? null : await place.index.find(head, key);
      if (located === null) return { head, value: null };
      return { head: place.index.remove(head, located), value: { generation: head.generation ?? "", entry: located.entry } };
    });
    if (removed !== null) await removeCheckpoint(place, removed.generation, removed.entry);
    return removed !== null;
  }

  async blobs(runId: string): Promise<readonly string[]> {
    return this.reader(runId).blobs();
  }

  async deleteBlob(runId: string, digest: string, isUnused: () => Promise<boolean> = async () => true): Promise<boolean> {
    return removeBlob(this.place(runId), checkedDigest(digest), isUnused);
  }

  async pin(key: CheckpointKey, pinned: boolean): Promise<boolean> {
    const place = this.place(checkedKey(key).runId);
    return place.queue.change(async (head) => {
      if ((await place.index.find(head, key)) === null) return { head, value: false };
      if (head.pins.includes(key.id) === pinned) return { head, value: true };
      const others = head.pins.filter((id) => id !== key.id);
      return { head: { ...head, pins: pinned ? [...others, key.id].sort() : others }, value: true };
    });
  }

  async pins(runId: string): Promise<readonly string[]> {
    return (await this.reader(runId).head()).pins;
  }

  async runs(): Promise<readonly string[]> {
    const folder = runsFolder(this.root);
    const listed = await this.bucket.list(folder, "/");
    const runs = listed.map((prefix) => prefix.slice(folder.length, -1)).filter(isId);
    const found = await inLanes(runs, async (runId) => ((await this.reader(runId).hasCheckpoints()) ? [runId] : []));
    return found.flat().sort();
  }

  async deleteRun(runId: string): Promise<boolean> {
    return removeRun(this.place(runId));
  }

  async close(): Promise<void> {}

  private reader(runId: string): RunReader {
    return new RunReader(this.place(runId));
  }

  /** Remembered, so that all who change a run take turns; forgotten places only mean that the server has to refuse more often. */
  private place(runId: string): RunPlace {
    const place = this.places.get(checkedId(runId, "run id")) ?? new RunPlace(this.bucket, this.root, runId);
    this.places.delete(runId);
    this.places.set(runId, place);
    for (const oldest of this.places.keys()) {
      if (this.places.size <= RUNS_REMEMBERED) break;
      this.places.delete(oldest);
    }
    return place;
  }
}
