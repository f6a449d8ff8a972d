import type { ChannelState } from "../core/channel.js";
import type { ReplicatedChannel } from "../core/channel-replica.js";
import type { CheckpointStore } from "../core/checkpoint.js";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { StoredChannel } from "../core/stored-channel.js";
import type { MemoryChannel } from "../memory/memory-channel.js";
import type { FaultOptions } from "./fault-options.js";
import { type ChannelCall, FlakyChannel, FlakyReplicatedChannel, type ReplicaCall, type ReplicaFaultKind } from "./flaky-channel.js";
import { FlakyStore } from "./flaky-store.js";
import type { StoreCall } from "./intercepted-store.js";

/**
 * Wraps a store or a channel so that it fails as planned: at the nth call, or with some probability under a seed. `fired` counts
 * what has befallen which call, `unfired` names the faults that never did.
 *
 * ```ts
 * const store = flaky(new MemoryCheckpointStore(), { faults: [{ call: "append", at: 3, kind: "lostReply" }] });
 * await run(order, input, { checkpoints: store, durability: "step" }).catch(() => {});
 * expect(store.unfired).toEqual([]);
 * ```
 *
 * Throws `InvalidOptionError`.
 */
export function flaky(store: CheckpointStore, options: FaultOptions<StoreCall>): FlakyStore;
export function flaky(channel: ReplicatedChannel, options: FaultOptions<ReplicaCall, ReplicaFaultKind>): FlakyReplicatedChannel;
export function flaky<State extends object = ChannelState>(
  channel: MemoryChannel<State>,
  options: FaultOptions<ChannelCall, "fail">,
): FlakyChannel<State>;
export function flaky(target: unknown, options: FaultOptions): unknown {
  if (target instanceof StoredChannel) return new FlakyChannel(target, options as FaultOptions<ChannelCall, "fail">);
  if (typeof target === "object" && target !== null) {
    if ("forRun" in target)
      return new FlakyReplicatedChannel(target as ReplicatedChannel, options as FaultOptions<ReplicaCall, ReplicaFaultKind>);
    if ("acquire" in target) return new FlakyStore(target as CheckpointStore, options as FaultOptions<StoreCall>);
  }
  throw new InvalidOptionError(
    `flaky got ${quoted(target)}: expected a CheckpointStore or a channel; pass the store itself, not its path.`,
  );
}
