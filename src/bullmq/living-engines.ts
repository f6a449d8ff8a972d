import type { RedisLike } from "./connection.js";
import type { JobData } from "./job-data.js";
import { boxKey, ownerKey, type QueuePlace } from "./queue-names.js";

/** For how long an engine that was waiting counts as waiting. */
const TRUST_MS = 1_000;
const MOST_KNOWN = 10_000;
/** Longer than the box of an owner that was replaced is kept. */
const TOLD_MS = 60_000;

/** Tells workers that a run has a new owner: what they do for an earlier one is done for nothing. */
export async function tellOwner(client: RedisLike, place: QueuePlace, runId: string, epoch: number): Promise<void> {
  await client.call("SET", ownerKey(place, runId), epoch, "PX", TOLD_MS);
}

/** Which engines wait for what is done for them. */
export class LivingEngines {
  /** When they were seen, in monotonic milliseconds. */
  #seen = new Map<string, number>();

  constructor(
    private readonly client: RedisLike,
    private readonly place: QueuePlace,
  ) {}

  /** Whether the engine that sent a job is there, and its run has no newer owner. */
  async isWaiting({ to, run, epoch }: JobData): Promise<boolean> {
    const known = `${to} ${run} ${epoch}`;
    if (performance.now() - (this.#seen.get(known) ?? Number.NEGATIVE_INFINITY) < TRUST_MS) return true;
    const [isThere, newest] = await Promise.all([
      this.client.call("EXISTS", boxKey(this.place, to)),
      this.client.call("GET", ownerKey(this.place, run)),
    ]);
    if (isThere !== 1 || Number(newest ?? 0) > epoch) return false;
    if (this.#seen.size >= MOST_KNOWN) this.#seen = new Map();
    this.#seen.set(known, performance.now());
    return true;
  }
}
