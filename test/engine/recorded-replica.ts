import type { ChannelOp } from "../../src/core/channel.js";
import type { ChannelReplica, ReplicaImage, ReplicaStep, ReplicatedChannel } from "../../src/core/channel-replica.js";
import { MemoryChannel } from "../../src/memory/memory-channel.js";

/** A replica in this process, and what was done to it in which order. */
export class RecordedReplica implements ReplicatedChannel, ChannelReplica {
  readonly kind = "recorded";
  readonly location = "recorded:";
  readonly schemas = null;
  readonly calls: string[] = [];
  readonly copy = new MemoryChannel();
  /** At which step it was left before. */
  left: number | null = null;
  /** What happens before steps are taken. */
  before: (steps: readonly ReplicaStep[]) => Promise<void> = async () => {};

  forRun(runId: string): ChannelReplica {
    this.calls.push(`for ${runId}`);
    return this;
  }

  async claim(): Promise<number | null> {
    this.calls.push("claim");
    return this.left;
  }

  async begin({ entries, steps }: ReplicaImage): Promise<void> {
    this.calls.push(`begin at ${steps} with ${entries.map(({ key }) => key).join()}`);
    this.copy.backend.restore(entries);
  }

  async send(steps: readonly ReplicaStep[]): Promise<void> {
    await this.before(steps);
    for (const { ops, steps: count } of steps) {
      this.calls.push(`step ${count}: ${ops.map(shown).join(" ")}`);
      this.copy.backend.commit(ops.map(withoutTime));
    }
  }

  async end(): Promise<void> {
    this.calls.push("end");
  }
}

const shown = (op: ChannelOp): string => `${op.kind} ${op.key}`;

/** The copy does not let anything run out by itself. */
const withoutTime = (op: ChannelOp): ChannelOp => ("expiresAt" in op ? { ...op, expiresAt: null } : op);
