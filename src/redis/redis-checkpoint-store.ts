import type { CheckpointFile, CheckpointKey, CheckpointStore } from "../core/checkpoint.js";
import { UsageError } from "../core/errors.js";
import { checkedId } from "../core/ids.js";
import type { AcquireOptions, RunOwner, RunWriter } from "../core/run-writer.js";
import { checkedDigest, checkedKey, isSeq } from "../core/store-checks.js";
import { acquireRun, ownerOf } from "./claim.js";
import { READ_JOURNAL } from "./commit-scripts.js";
import { RedisBlobs } from "./redis-blobs.js";
import { RedisCheckpoints } from "./redis-checkpoints.js";
import { RedisConnection } from "./redis-connection.js";
import { checkedSettings, type RedisCheckpointStoreOptions, type RedisSettings } from "./redis-options.js";
import { RedisRunWriter } from "./redis-run-writer.js";
import { bytesOf } from "./replies.js";
import { RunScripts } from "./run-scripts.js";

/**
 * Keeps checkpoints in a Redis (6.2 or newer) or Valkey server, or in a cluster of them. It needs the package `ioredis`. Each commit
 * is one script, which is safe to be sent again. Close the store when you are done: its connection keeps the process alive.
 *
 * Redis confirms what it has in its memory. With `appendonly yes` and `appendfsync always` that survives a power cut; otherwise the
 * last second, or all, may be lost. A run that goes on after such a loss is stopped with `StoreRolledBackError`.
 *
 * Everything that waits for the server throws `StoreUnavailableError` when that does not answer in time, `CommitOutcomeUnknownError`
 * when an answer was lost and cannot be learnt, `CheckpointStorageError` or `CheckpointWriteError` when the server refuses, and
 * `CheckpointCorruptError` when a key of a run holds what no store has written.
 *
 * ```ts
 * const store = new RedisCheckpointStore({ url: "redis://me:secret@cache1:6379/0" });
 * await training.run("iris.csv", { checkpoints: { store } });
 * await store.close();
 * ```
 */
export class RedisCheckpointStore implements CheckpointStore {
  readonly kind = "redis";
  /** As in `redis://cache1:6379/0 prefix cairnflow`. */
  readonly location: string;
  // Private in the strict sense: whoever prints a store must not print its password.
  readonly #settings: RedisSettings;
  readonly #connection: RedisConnection;
  #scripts: RunScripts | null = null;

  /** Connects to nothing yet. Throws `InvalidOptionError`. */
  constructor(options: RedisCheckpointStoreOptions) {
    this.#settings = checkedSettings(options);
    this.location = this.#settings.location;
    this.#connection = new RedisConnection(this.#settings);
  }

  /**
   * Connects, and writes something. Throws `MissingPackageError` without `ioredis`, `UnsafeRedisConfigError` for a server that may
   * evict keys, `CheckpointStorageError` if it cannot be reached or written.
   */
  async open(): Promise<void> {
    try {
      this.#scripts = new RunScripts(await this.#connection.open(), this.#settings.prefix);
    } catch (error) {
      if (this.#scripts === null) await this.close();
      throw error;
    }
  }

  async acquire(runId: string, { takeOver = false }: AcquireOptions = {}): Promise<RunWriter> {
    const scripts = this.#opened();
    const { leaseMs } = this.#settings;
    return new RedisRunWriter(await acquireRun(scripts, checkedId(runId, "run id"), leaseMs, takeOver), leaseMs, scripts);
  }

  async owner(runId: string): Promise<RunOwner | null> {
    return ownerOf(this.#opened(), checkedId(runId, "run id"));
  }

  async list(runId: string): Promise<readonly CheckpointKey[]> {
    return this.#checkpoints().list(checkedId(runId, "run id"));
  }

  async find(id: string): Promise<CheckpointKey | null> {
    return this.#checkpoints().find(checkedId(id, "checkpoint id"));
  }

  async read(key: CheckpointKey): Promise<Readonly<Record<CheckpointFile, Uint8Array | null>> | null> {
    return this.#checkpoints().read(checkedKey(key));
  }

  async readBlob(runId: string, digest: string): Promise<Uint8Array | null> {
    return this.#blobs().read(checkedId(runId, "run id"), checkedDigest(digest));
  }

  async readJournal(runId: string, seq: number): Promise<readonly Uint8Array[]> {
    const scripts = this.#opened();
    checkedId(runId, "run id");
    if (!isSeq(seq)) return [];
    const errand = { what: `reading the journal of run ${runId} after seq ${seq}`, effect: "read" } as const;
    const { reply } = await scripts.run(runId, errand, READ_JOURNAL, [String(seq)]);
    return bytesOf(reply).filter((bytes) => bytes !== null);
  }

  async delete(key: CheckpointKey): Promise<boolean> {
    return this.#checkpoints().delete(checkedKey(key));
  }

  async blobs(runId: string): Promise<readonly string[]> {
    return this.#blobs().digests(checkedId(runId, "run id"));
  }

  async deleteBlob(runId: string, digest: string, isUnused: () => Promise<boolean> = async () => true): Promise<boolean> {
    return this.#blobs().delete(checkedId(runId, "run id"), checkedDigest(digest), isUnused);
  }

  async pin(key: CheckpointKey, pinned: boolean): Promise<boolean> {
    return this.#checkpoints().pin(checkedKey(key), pinned);
  }

  async pins(runId: string): Promise<readonly string[]> {
    return this.#checkpoints().pins(checkedId(runId, "run id"));
  }

  async runs(): Promise<readonly string[]> {
    return this.#checkpoints().runs();
  }

  async deleteRun(runId: string): Promise<boolean> {
    return this.#checkpoints().deleteRun(checkedId(runId, "run id"));
  }

  /** Ends the connection of the store. A client that was given stays as it is. */
  async close(): Promise<void> {
    this.#scripts = null;
    await this.#connection.end();
  }

  #checkpoints(): RedisCheckpoints {
    return new RedisCheckpoints(this.#opened());
  }

  #blobs(): RedisBlobs {
    return new RedisBlobs(this.#opened());
  }

  #opened(): RunScripts {
    if (this.#scripts !== null) return this.#scripts;
    throw new UsageError(`the store at ${this.location} is not open: call open() before anything else.`);
  }
}
