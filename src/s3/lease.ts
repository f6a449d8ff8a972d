import { hostname } from "node:os";
import { runOwned } from "../core/store-checks.js";
import type { Head, HeadOwner } from "./head.js";
import type { Changed } from "./head-queue.js";
import type { RunPlace } from "./run-place.js";
import { newToken } from "./stamps.js";

/** What a run was acquired with. */
export interface Acquired {
  readonly epoch: number;
  readonly owner: HeadOwner;
  readonly generation: string;
  /** Whether the owner before has not let go, so that something of it may be left. */
  readonly isTakenOver: boolean;
}

/** The server tells its time in whole seconds. */
const SECOND_MS = 1_000;

/** When a lease that is given now ends, by the server's clock. */
export const leaseUntil = (now: number, leaseMs: number): number => now + leaseMs + SECOND_MS;

/** Whether an owner has said that it is alive, and not too long ago. */
export const isAlive = ({ leaseUntil }: HeadOwner, now: number): boolean => now < leaseUntil;

/** Makes the caller the owner of a run. Throws `RunOwnedError`. */
export function acquireRun(place: RunPlace, leaseMs: number, takeOver: boolean): Promise<Acquired> {
  const [token, generation] = [newToken(), newToken()];
  const description = `process ${process.pid} on host ${hostname()}`;
  return place.queue.change((head): Changed<Acquired> => {
    const now = place.bucket.now();
    if (head.owner !== null && !takeOver && isAlive(head.owner, now)) throw runOwned(place.runId, head.owner.description);
    const owner = { token, description, leaseUntil: leaseUntil(now, leaseMs) };
    const next: Head = { ...head, epoch: head.epoch + 1, owner, generation: head.generation ?? generation };
    const { epoch } = next;
    return { head: next, value: { epoch, owner, generation: next.generation ?? generation, isTakenOver: head.owner !== null } };
  });
}
