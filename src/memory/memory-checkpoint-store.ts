import type { CheckpointFile, CheckpointKey, CheckpointRecord, CheckpointStore } from "../core/checkpoint.js";
import { InvalidIdError, SequenceTakenError } from "../core/errors.js";
import { checkedId, quoted } from "../core/ids.js";
import { MemoryJournalStore } from "./memory-journal-store.js";

interface StoredRun {
  readonly checkpoints: Map<number, { readonly key: CheckpointKey; readonly files: Readonly<Record<CheckpointFile, Uint8Array>> }>;
  readonly blobs: Map<string, Uint8Array>;
}

/** Keeps checkpoints in this process, as bytes: for tests, and for runs that need to survive a failed task but not their process. */
export class MemoryCheckpointStore implements CheckpointStore {
  readonly kind = "memory";
  readonly location = "memory:";
  readonly journals = new MemoryJournalStore();
  private readonly stored = new Map<string, StoredRun>();

  async open(): Promise<void> {}

  async put(record: CheckpointRecord): Promise<void> {
    const { runId, seq, id } = checkedKey(record);
    for (const digest of record.blobs.keys()) checkedDigest(digest);
    const run = this.stored.get(runId) ?? { checkpoints: new Map(), blobs: new Map() };
    const other = run.checkpoints.get(seq);
    if (other !== undefined) {
      throw new SequenceTakenError(
        `seq ${seq} of run ${runId} is taken: found checkpoint ${other.key.id}, expected none; make sure that one writer runs this run, and resume from its newest checkpoint.`,
        { runId, checkpointId: id },
      );
    }
    for (const [digest, bytes] of record.blobs) run.blobs.set(digest, copy(bytes));
    run.checkpoints.set(seq, { key: { runId, seq, id }, files: copied(record.files) });
    this.stored.set(runId, run);
  }

  async list(runId: string): Promise<readonly CheckpointKey[]> {
    const checkpoints = this.stored.get(checkedId(runId, "run id"))?.checkpoints.values() ?? [];
    return [...checkpoints].map(({ key }) => ({ ...key })).sort((a, b) => a.seq - b.seq);
  }

  async find(id: string): Promise<CheckpointKey | null> {
    checkedId(id, "checkpoint id");
    for (const runId of await this.runs()) {
      const found = (await this.list(runId)).find((key) => key.id === id);
      if (found !== undefined) return found;
    }
    return null;
  }

  async read(key: CheckpointKey): Promise<Readonly<Record<CheckpointFile, Uint8Array | null>> | null> {
    const found = this.stored.get(checkedKey(key).runId)?.checkpoints.get(key.seq);
    return found?.key.id === key.id ? copied(found.files) : null;
  }

  async readBlob(runId: string, digest: string): Promise<Uint8Array | null> {
    checkedDigest(digest);
    const found = this.stored.get(checkedId(runId, "run id"))?.blobs.get(digest);
    return found === undefined ? null : copy(found);
  }

  async runs(): Promise<readonly string[]> {
    return [...this.stored.keys()].sort();
  }

  async deleteRun(runId: string): Promise<boolean> {
    this.journals.delete(runId);
    return this.stored.delete(checkedId(runId, "run id"));
  }

  async close(): Promise<void> {}
}

/** Not `slice`, which shares the memory where the bytes are a Buffer. */
const copy = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

function copied(files: Readonly<Record<CheckpointFile, Uint8Array>>): Record<CheckpointFile, Uint8Array> {
  return { context: copy(files.context), state: copy(files.state), meta: copy(files.meta) };
}

function checkedKey(key: CheckpointKey): CheckpointKey {
  checkedId(key.runId, "run id");
  checkedId(key.id, "checkpoint id");
  if (Number.isSafeInteger(key.seq) && key.seq >= 1) return key;
  throw new InvalidIdError(
    `seq ${String(key.seq)} of checkpoint ${key.id} is not valid: expected a whole number from 1 to 2^53 - 1; count checkpoints from 1.`,
  );
}

function checkedDigest(digest: string): string {
  if (/^[0-9a-f]{64}$/.test(digest)) return digest;
  throw new InvalidIdError(`blob digest ${quoted(digest)} is not valid: expected 64 of 0-9 a-f; give the SHA-256 of the content in hex.`);
}
