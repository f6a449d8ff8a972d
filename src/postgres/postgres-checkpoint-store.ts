import type { CheckpointFile, CheckpointKey, CheckpointStore } from "../core/checkpoint.js";
import { UsageError } from "../core/errors.js";
import { checkedId } from "../core/ids.js";
import type { AcquireOptions, RunOwner, RunWriter } from "../core/run-writer.js";
import { checkedDigest, checkedKey, isSeq } from "../core/store-checks.js";
import { Database } from "./database.js";
import { inTime } from "./in-time.js";
import { checkedSettings, type PostgresCheckpointStoreOptions, type PostgresSettings } from "./postgres-options.js";
import { type OwnPool, ownPool } from "./postgres-pool.js";
import { PostgresRunWriter } from "./postgres-run-writer.js";
import { prepare } from "./prepare.js";
import { type StoreTables, storeTables } from "./store-tables.js";
import { tableNames } from "./table-names.js";

/**
 * Keeps checkpoints in a PostgreSQL database (12 or newer), in tables that it makes in a schema of its own. Each commit is one
 * transaction that the server has synced to its disk. It needs the package `pg`.
 *
 * Everything that waits for the server throws `StoreUnavailableError` when that does not answer in time, `CommitOutcomeUnknownError`
 * when the answer to a commit was lost and cannot be learnt, and `CheckpointStorageError` when the server refuses.
 *
 * ```ts
 * const store = new PostgresCheckpointStore({ url: "postgres://me:secret@db1:5432/app" });
 * await training.run("iris.csv", { checkpoints: { store } });
 * ```
 */
export class PostgresCheckpointStore implements CheckpointStore {
  readonly kind = "postgres";
  /** As in `postgres://db1:5432/app schema cairnflow`. */
  readonly location: string;
  // Private in the strict sense: whoever prints a store must not print its password.
  readonly #settings: PostgresSettings;
  #ownPool: OwnPool | null = null;
  #tables: StoreTables | null = null;

  /** Connects to nothing yet. Throws `InvalidOptionError`. */
  constructor(options: PostgresCheckpointStoreOptions) {
    this.#settings = checkedSettings(options);
    this.location = `${this.#settings.address} schema ${this.#settings.schema}`;
  }

  /**
   * Connects, and makes the tables if there are none. Throws `MissingPackageError` without `pg`, `UnsafeStoreError` for a server that
   * does not sync what it confirms, `CheckpointStorageError` if it cannot be written, or its tables are of a newer version.
   */
  async open(): Promise<void> {
    const { source, schema, leaseMs, statementTimeoutMs, allowUnsafe } = this.#settings;
    const names = tableNames(schema);
    const pool = "pool" in source ? source.pool : await this.#poolFor(source.url);
    const database = new Database(pool, this.location, statementTimeoutMs);
    try {
      await prepare(database, names, allowUnsafe);
    } catch (error) {
      if (this.#tables === null) await this.close();
      throw error;
    }
    this.#tables = storeTables(database, names, leaseMs);
  }

  async #poolFor(url: string): Promise<OwnPool> {
    const made = this.#ownPool ?? (await ownPool(url, this.#settings.statementTimeoutMs));
    // Another call may have made one meanwhile; this one has no connections yet.
    this.#ownPool ??= made;
    return this.#ownPool;
  }

  async acquire(runId: string, { takeOver = false }: AcquireOptions = {}): Promise<RunWriter> {
    const tables = this.#opened();
    const claim = await tables.runs.acquire(checkedId(runId, "run id"), takeOver);
    return new PostgresRunWriter(claim, this.#settings.leaseMs, tables);
  }

  async owner(runId: string): Promise<RunOwner | null> {
    return this.#opened().runs.owner(checkedId(runId, "run id"));
  }

  async list(runId: string): Promise<readonly CheckpointKey[]> {
    return this.#opened().checkpoints.list(checkedId(runId, "run id"));
  }

  async find(id: string): Promise<CheckpointKey | null> {
    return this.#opened().checkpoints.find(checkedId(id, "checkpoint id"));
  }

  async read(key: CheckpointKey): Promise<Readonly<Record<CheckpointFile, Uint8Array | null>> | null> {
    return this.#opened().checkpoints.read(checkedKey(key));
  }

  async readBlob(runId: string, digest: string): Promise<Uint8Array | null> {
    return this.#opened().blobs.read(checkedId(runId, "run id"), checkedDigest(digest));
  }

  async readJournal(runId: string, seq: number): Promise<readonly Uint8Array[]> {
    checkedId(runId, "run id");
    return isSeq(seq) ? this.#opened().journals.read(runId, seq) : [];
  }

  async delete(key: CheckpointKey): Promise<boolean> {
    return this.#opened().checkpoints.delete(checkedKey(key));
  }

  async blobs(runId: string): Promise<readonly string[]> {
    return this.#opened().blobs.digests(checkedId(runId, "run id"));
  }

  async deleteBlob(runId: string, digest: string, isUnused: () => Promise<boolean> = async () => true): Promise<boolean> {
    return this.#opened().blobs.delete(checkedId(runId, "run id"), checkedDigest(digest), isUnused);
  }

  async pin(key: CheckpointKey, pinned: boolean): Promise<boolean> {
    return this.#opened().checkpoints.pin(checkedKey(key), pinned);
  }

  async pins(runId: string): Promise<readonly string[]> {
    return this.#opened().checkpoints.pins(checkedId(runId, "run id"));
  }

  async runs(): Promise<readonly string[]> {
    return this.#opened().checkpoints.runs();
  }

  async deleteRun(runId: string): Promise<boolean> {
    return this.#opened().runs.delete(checkedId(runId, "run id"));
  }

  /** Ends the connections of the store. A pool that was given stays as it is. */
  async close(): Promise<void> {
    const pool = this.#ownPool;
    this.#tables?.database.close();
    this.#ownPool = null;
    this.#tables = null;
    // A server that has stopped altogether does not even say goodbye.
    if (pool !== null) await inTime(pool.end(), this.#settings.statementTimeoutMs, () => {}).catch(() => {});
  }

  #opened(): StoreTables {
    if (this.#tables !== null) return this.#tables;
    throw new UsageError(`the store at ${this.location} is not open: call open() before anything else.`);
  }
}
