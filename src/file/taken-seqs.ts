import type { CheckpointKey } from "../core/checkpoint.js";
import { seqTaken } from "../core/store-checks.js";
import type { DurableFs } from "./durable-fs.js";
import { parseCheckpointName, type RunPaths } from "./layout.js";

/**
 * Which seqs of a run have a checkpoint. Only the owner of a run adds any, so that the thousandth does not have to read a thousand
 * names: what is higher than all that were seen is free.
 */
export class TakenSeqs {
  private readonly inHand = new Set<number>();
  private highest = Number.POSITIVE_INFINITY;

  constructor(
    private readonly calls: DurableFs,
    private readonly paths: RunPaths,
  ) {}

  /** Keeps a seq from other puts of this owner, until `letGo`. Throws `SequenceTakenError`. */
  take(key: CheckpointKey): void {
    if (this.inHand.has(key.seq)) throw seqTaken(key, "another checkpoint that is being stored");
    this.inHand.add(key.seq);
  }

  letGo(key: CheckpointKey): void {
    this.inHand.delete(key.seq);
  }

  /** Throws `SequenceTakenError` if there is a checkpoint with this seq. */
  async check(key: CheckpointKey): Promise<void> {
    if (key.seq > this.highest) return;
    let highest = 0;
    for (const { name } of (await this.calls.list(this.paths.checkpoints)) ?? []) {
      const other = parseCheckpointName(key.runId, name);
      if (other?.seq === key.seq) throw seqTaken(key, `checkpoint ${other.id}`);
      highest = Math.max(highest, other?.seq ?? 0);
    }
    this.highest = highest;
  }

  added(key: CheckpointKey): void {
    this.highest = Math.max(this.highest, key.seq);
  }
}
