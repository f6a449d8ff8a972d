import type { CheckpointFile, CheckpointKey, CheckpointStore } from "../core/checkpoint.js";
import { checkedId } from "../core/ids.js";
import type { AcquireOptions, RunOwner, RunWriter } from "../core/run-writer.js";
import { checkedDigest, checkedKey, isSeq, runOwned } from "../core/store-checks.js";
import { copied, copy, MemoryRun } from "./memory-run.js";
import { MemoryRunWriter } from "./memory-run-writer.js";

/** Keeps checkpoints in this process, as bytes: for tests, and for runs that need to survive a failed task but not their process. */
export class MemoryCheckpointStore implements CheckpointStore {
  readonly kind = "memory";
  readonly location = "memory:";
  private readonly stored = new Map<string, MemoryRun>();

  async open(): Promise<void> {}

  async acquire(runId: string, { takeOver = false }: AcquireOptions = {}): Promise<RunWriter> {
    const run = this.stored.get(checkedId(runId, "run id")) ?? new MemoryRun();
    if (run.owner !== null && !takeOver) throw runOwned(runId, describe(run.owner.epoch));
    this.stored.set(runId, run);
    run.epoch++;
    run.owner = new MemoryRunWriter(runId, run.epoch, run);
    return run.owner;
  }

  async owner(runId: string): Promise<RunOwner | null> {
    const owner = this.stored.get(checkedId(runId, "run id"))?.owner ?? null;
    return owner && { epoch: owner.epoch, isAlive: true, description: describe(owner.epoch) };
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

  async readJournal(runId: string, seq: number): Promise<readonly Uint8Array[]> {
    const journal = this.stored.get(checkedId(runId, "run id"))?.journal;
    return isSeq(seq) && journal?.seq === seq ? journal.records.map(copy) : [];
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
    const run = this.stored.get(runId);
    // Whoever still holds it must see that it is gone.
    if (run !== undefined) run.owner = null;
    this.stored.delete(runId);
    return existed;
  }

  async close(): Promise<void> {}

  /** The run that has this very checkpoint, or `null`. */
  private runOf(key: CheckpointKey): MemoryRun | null {
    const run = this.stored.get(checkedKey(key).runId);
    return run?.checkpoints.get(key.seq)?.key.id === key.id ? run : null;
  }
}

const describe = (epoch: number): string => `a run of this process (epoch ${epoch})`;
