import type { CheckpointFile, CheckpointKey, CheckpointStore } from "../core/checkpoint.js";
import type { AcquireOptions, RunOwner, RunWriter } from "../core/run-writer.js";
import type { StoreCodec } from "../core/store-codec.js";
import { chained } from "./codec-chain.js";
import { CodedBlobs } from "./coded-blobs.js";
import { decodedFiles } from "./coded-files.js";
import { recordPlace } from "./coded-journal.js";
import { CodedRunWriter } from "./coded-run-writer.js";
import { Coder } from "./coder.js";

/**
 * A store whose content goes through a codec, or several in that order: documents, blobs and journals are encoded when they are
 * written and decoded when they are read. Ids, seqs, sizes and times stay as they are. Throws `InvalidOptionError`.
 *
 * ```ts
 * const store = withCodec(new FileCheckpointStore("./checkpoints"), [gzip(), aes256gcm({ key })]);
 * ```
 */
export function withCodec(store: CheckpointStore, codec: StoreCodec | readonly StoreCodec[]): CheckpointStore {
  return new CodedCheckpointStore(store, new Coder(chained(codec)));
}

class CodedCheckpointStore implements CheckpointStore {
  readonly #store: CheckpointStore;
  readonly #coder: Coder;
  readonly #blobs: CodedBlobs;

  constructor(store: CheckpointStore, coder: Coder) {
    this.#store = store;
    this.#coder = coder;
    this.#blobs = new CodedBlobs(store, coder);
  }

  get kind(): string {
    return this.#store.kind;
  }

  get location(): string {
    return this.#store.location;
  }

  async acquire(runId: string, options?: AcquireOptions): Promise<RunWriter> {
    return new CodedRunWriter(await this.#store.acquire(runId, options), this.#coder, this.#blobs);
  }

  async read(key: CheckpointKey): Promise<Readonly<Record<CheckpointFile, Uint8Array | null>> | null> {
    const files = await this.#store.read(key);
    return files && decodedFiles(this.#coder, key, files);
  }

  readBlob(runId: string, digest: string): Promise<Uint8Array | null> {
    return this.#blobs.read(runId, digest);
  }

  blobs(runId: string): Promise<readonly string[]> {
    return this.#blobs.list(runId);
  }

  deleteBlob(runId: string, digest: string, isUnused?: () => Promise<boolean>): Promise<boolean> {
    return this.#blobs.delete(runId, digest, isUnused);
  }

  async readJournal(runId: string, seq: number): Promise<readonly Uint8Array[]> {
    const records = await this.#store.readJournal(runId, seq);
    return Promise.all(records.map((record, index) => this.#coder.decode(record, recordPlace(runId, seq, index))));
  }

  open(): Promise<void> {
    return this.#store.open();
  }

  owner(runId: string): Promise<RunOwner | null> {
    return this.#store.owner(runId);
  }

  list(runId: string): Promise<readonly CheckpointKey[]> {
    return this.#store.list(runId);
  }

  find(id: string): Promise<CheckpointKey | null> {
    return this.#store.find(id);
  }

  delete(key: CheckpointKey): Promise<boolean> {
    return this.#store.delete(key);
  }

  pin(key: CheckpointKey, pinned: boolean): Promise<boolean> {
    return this.#store.pin(key, pinned);
  }

  pins(runId: string): Promise<readonly string[]> {
    return this.#store.pins(runId);
  }

  runs(): Promise<readonly string[]> {
    return this.#store.runs();
  }

  deleteRun(runId: string): Promise<boolean> {
    return this.#store.deleteRun(runId);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
