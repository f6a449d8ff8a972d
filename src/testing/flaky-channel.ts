import type { ChannelEntry, ChannelOp, ChannelState, RunChannelBackend } from "../core/channel.js";
import type { ChannelReplica, ReplicatedChannel } from "../core/channel-replica.js";
import type { Clock } from "../core/clock.js";
import type { ChangeTracker } from "../core/run-state.js";
import type { StoredValue } from "../core/serialize/index.js";
import { type ChannelSchemas, StoredChannel } from "../core/stored-channel.js";
import { checkedFaults, type FaultOptions } from "./fault-options.js";
import { type FaultCounts, type FaultKind, FaultPlan, type FiredFault, type PlannedFault } from "./fault-plan.js";

const CALLS = ["read", "keys", "commit"] as const;
/** The calls of a channel in memory that can fail. */
export type ChannelCall = (typeof CALLS)[number];

const REPLICA_CALLS = ["claim", "begin", "send", "end"] as const;
/** The calls by which a run keeps its channel elsewhere. */
export type ReplicaCall = (typeof REPLICA_CALLS)[number];
const REPLICA_KINDS = ["fail", "lostReply", "slow", "hang"] as const;
export type ReplicaFaultKind = (typeof REPLICA_KINDS)[number];

/** A channel in memory that fails as planned. It answers at once: no answer can be lost or late. */
export class FlakyChannel<State extends object = ChannelState>
  extends StoredChannel<State, RunChannelBackend>
  implements FaultCounts<ChannelCall>
{
  readonly #plan: FaultPlan<ChannelCall>;

  constructor(channel: StoredChannel<State, RunChannelBackend>, options: FaultOptions<ChannelCall, "fail">) {
    const { faults, seed, clock } = checkedFaults<ChannelCall>(options, { calls: CALLS, kinds: ["fail"] });
    const plan = new FaultPlan(faults, seed, clock, `the ${channel.backend.kind} channel`);
    super(new FlakyBackend(channel.backend, plan), channel.schemas);
    this.#plan = plan;
  }

  get fired(): readonly FiredFault<ChannelCall>[] {
    return this.#plan.fired;
  }

  get unfired(): readonly PlannedFault<ChannelCall>[] {
    return this.#plan.unfired;
  }
}

class FlakyBackend implements RunChannelBackend {
  constructor(
    private readonly inner: RunChannelBackend,
    private readonly plan: FaultPlan<ChannelCall>,
  ) {}

  get kind(): string {
    return this.inner.kind;
  }

  read(key: string): StoredValue | undefined {
    this.plan.check("read");
    return this.inner.read(key);
  }
  keys(prefix: string): readonly string[] {
    this.plan.check("keys");
    return this.inner.keys(prefix);
  }
  commit(ops: readonly ChannelOp[]): void {
    this.plan.check("commit");
    this.inner.commit(ops);
  }

  length = (key: string): number | Promise<number> => this.inner.length(key);
  now = (): number => this.inner.now();
  useClock = (clock: Clock): void => this.inner.useClock(clock);
  entry = (key: string): ChannelEntry | undefined => this.inner.entry(key);
  track = (tracker: ChangeTracker): void => this.inner.track(tracker);
  restore = (entries: Iterable<ChannelEntry>): void => this.inner.restore(entries);
}

/** A channel that is kept elsewhere, such as in Redis, whose place fails as planned. */
export class FlakyReplicatedChannel implements ReplicatedChannel, FaultCounts<ReplicaCall> {
  readonly #plan: FaultPlan<ReplicaCall>;

  constructor(
    private readonly inner: ReplicatedChannel,
    options: FaultOptions<ReplicaCall, ReplicaFaultKind>,
  ) {
    const possible: { calls: readonly string[]; kinds: readonly FaultKind[] } = { calls: REPLICA_CALLS, kinds: REPLICA_KINDS };
    const { faults, seed, clock } = checkedFaults<ReplicaCall>(options, possible);
    this.#plan = new FaultPlan(faults, seed, clock, `the ${inner.kind} channel`);
  }

  get kind(): string {
    return this.inner.kind;
  }
  get schemas(): ChannelSchemas | null {
    return this.inner.schemas;
  }
  get fired(): readonly FiredFault<ReplicaCall>[] {
    return this.#plan.fired;
  }
  get unfired(): readonly PlannedFault<ReplicaCall>[] {
    return this.#plan.unfired;
  }

  forRun(runId: string): ChannelReplica {
    const replica = this.inner.forRun(runId);
    return {
      location: replica.location,
      claim: () => this.#plan.through("claim", () => replica.claim()),
      begin: (image) => this.#plan.through("begin", () => replica.begin(image)),
      send: (steps, now) => this.#plan.through("send", () => replica.send(steps, now)),
      end: () => this.#plan.through("end", () => replica.end()),
    };
  }
}
