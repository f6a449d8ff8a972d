import type { CheckpointFile, CheckpointKey, CheckpointRecord, CheckpointStore } from "../core/checkpoint.js";
import { InvalidIdError, SequenceTakenError } from "../core/errors.js";
import { checkedId, quoted } from "../core/ids.js";
import { MemoryJournalStore } from "./memory-journal-store.js";

interface StoredRun {
  readonly checkpoints: Map<number, { readonly key: CheckpointKey; readonly files: Readonly<Record<CheckpointFile, Uint8Array>> }>;
  readonly blobs: Map<string, Uint8Array>;
  readonly pins: Set<string>;
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
    const run = this.stored.get(runId) ?? { checkpoints: new Map(), blobs: new Map(), pins: new Set<string>() };
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

  async delete(key: CheckpointKey): Promise<boolean> {
    const run = this.runOf(key);
    if (run === null || run.pins.has(key.id)) return false;
    return run.checkpoints.delete(key.seq);
  }

  async blobs(runId: string): Promise<readonly string[]> {
    return [...(this.stored.get(checkedId(runId, "run id"))?.blobs.keys() ?? [])].sort();
  }

  async deleteBlob(runId: string, digest: string, isUnused: () => Promise<boolean> = async () => true): Promise<boolean> {
    checkedDigest(digest);
    const blobs = this.stored.get(checkedId(runId, "run id"))?.blobs;
    const bytes = blobs?.get(digest);
    if (blobs === undefined || bytes === undefined) return false;
    blobs.delete(digest);
    const unused = await isUnused().catch((error: unknown) => {
      blobs.set(digest, bytes);
      throw error;
    });
    if (!unused) blobs.set(digest, bytes);
    return unused;
  }

  async pin(key: CheckpointKey, pinned: boolean): Promise<boolean> {
    const run = this.runOf(key);
    if (run === null) return false;
    if (pinned) run.pins.add(key.id);
    else run.pins.delete(key.id);
    return true;
  }

  async pins(runId: string): Promise<readonly string[]> {
    return [...(this.stored.get(checkedId(runId, "run id"))?.pins ?? [])].sort();
  }

  async runs(): Promise<readonly string[]> {
    const runs = [...this.stored].filter(([, { checkpoints }]) => checkpoints.size > 0);
    return runs.map(([runId]) => runId).sort();
  }

  async deleteRun(runId: string): Promise<boolean> {
    const existed = (await this.list(runId)).length > 0;
    this.journals.delete(runId);
    this.stored.delete(runId);
    return existed;
  }

  async close(): Promise<void> {}

  /** The run that has this very checkpoint, or `null`. */
  private runOf(key: CheckpointKey): StoredRun | null {
    const run = this.stored.get(checkedKey(key).runId);
    return run?.checkpoints.get(key.seq)?.key.id === key.id ? run : null;
  }
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
