import type { CheckpointStore } from "../core/checkpoint.js";
import { checkedFaults, type FaultOptions } from "./fault-options.js";
import { type FaultCounts, type FaultKind, FaultPlan, type FiredFault, type PlannedFault } from "./fault-plan.js";
import { InterceptedStore, STORE_CALLS, type StoreCall } from "./intercepted-store.js";

const KINDS: readonly FaultKind[] = ["fail", "lostReply", "fullDisk", "slow", "hang"];
/** Those that need room on a disk. */
const WRITING: ReadonlySet<StoreCall> = new Set(["open", "acquire", "put", "beginJournal", "countResume", "append", "pin"]);

/** A store that fails as planned, and is the store it wraps otherwise. */
export class FlakyStore extends InterceptedStore implements FaultCounts<StoreCall> {
  readonly #plan: FaultPlan<StoreCall>;

  constructor(store: CheckpointStore, options: FaultOptions<StoreCall>) {
    const { faults, seed, clock } = checkedFaults<StoreCall>(options, { calls: STORE_CALLS, kinds: KINDS });
    const plan = new FaultPlan(faults, seed, clock, `the store at ${store.location}`, WRITING);
    super(store, (call, proceed) => plan.through(call, proceed));
    this.#plan = plan;
  }

  get fired(): readonly FiredFault<StoreCall>[] {
    return this.#plan.fired;
  }

  get unfired(): readonly PlannedFault<StoreCall>[] {
    return this.#plan.unfired;
  }

  /** There is room on the disk again, if it was full. */
  heal(): void {
    this.#plan.heal();
  }
}
