import type { Clock } from "../core/clock.js";
import { CheckpointStorageError, CheckpointWriteError, CommitOutcomeUnknownError, StoreUnavailableError } from "../core/errors.js";
import { RandomStream } from "../core/random.js";

/**
 * What befalls a call. `fail`: nothing of it is done. `lostReply`: it is done, and its caller hears that nobody knows. `fullDisk`: it
 * and every later call that writes fails for want of room, until `heal()`. `slow`: it waits `delayMs` and goes on. `hang`: nothing
 * of it is done, and it never ends.
 */
export type FaultKind = "fail" | "lostReply" | "fullDisk" | "slow" | "hang";

/** A fault, and the calls that it befalls: one of them (`at`), or each with some probability (`chance`). */
export interface PlannedFault<Call extends string = string, Kind extends FaultKind = FaultKind> {
  readonly call: Call | readonly Call[];
  readonly kind: Kind;
  /** Which of these calls, counted from 1 on since the plan was made. */
  readonly at?: number;
  /** From 0 to 1: with which probability it befalls each of these calls. */
  readonly chance?: number;
  /** How long a `slow` call waits, in milliseconds of the clock. */
  readonly delayMs?: number;
}

/** A fault that has befallen a call. */
export interface FiredFault<Call extends string = string> {
  readonly call: Call;
  readonly kind: FaultKind;
  /** Which of the calls of this name it was, counted from 1 on. */
  readonly nth: number;
}

/** Tells which faults of a plan have fired. */
export interface FaultCounts<Call extends string = string> {
  /** Every call that a fault has befallen, in order. */
  readonly fired: readonly FiredFault<Call>[];
  /** The faults of the plan that have befallen no call yet. */
  readonly unfired: readonly PlannedFault<Call>[];
}

interface Entry<Call extends string> {
  readonly fault: PlannedFault<Call>;
  readonly calls: ReadonlySet<Call>;
  readonly chance: RandomStream;
  seen: number;
  hasFired: boolean;
}

/** Decides for each call which fault befalls it, counts, and has it happen. */
export class FaultPlan<Call extends string> implements FaultCounts<Call> {
  readonly #entries: readonly Entry<Call>[];
  readonly #fired: FiredFault<Call>[] = [];
  readonly #counts = new Map<Call, number>();
  #isFull = false;

  constructor(
    faults: readonly PlannedFault<Call>[],
    seed: string,
    private readonly clock: Clock,
    /** What has the faults, for messages. */
    private readonly of: string,
    private readonly writing: ReadonlySet<Call> = new Set(),
  ) {
    this.#entries = faults.map((fault, place) => ({
      fault,
      calls: new Set([fault.call].flat() as Call[]),
      chance: new RandomStream(`${seed} fault ${place}`),
      seen: 0,
      hasFired: false,
    }));
  }

  get fired(): readonly FiredFault<Call>[] {
    return [...this.#fired];
  }

  get unfired(): readonly PlannedFault<Call>[] {
    return this.#entries.filter(({ hasFired }) => !hasFired).map(({ fault }) => fault);
  }

  heal(): void {
    this.#isFull = false;
  }

  /** Has a call go on, or befalls it. */
  async through<T>(call: Call, proceed: () => Promise<T>): Promise<T> {
    const fired = this.#next(call);
    switch (fired?.kind) {
      case undefined:
        return proceed();
      case "slow":
        await new Promise<void>((resolve) => this.clock.after(fired.delayMs, resolve));
        return proceed();
      case "hang":
        return new Promise(() => {});
      case "lostReply":
        // Whatever the answer was, it is lost.
        await proceed().catch(() => {});
        throw this.#error(fired, call);
      case "fail":
      case "fullDisk":
        throw this.#error(fired, call);
    }
  }

  /** The same for a call that answers at once, and can therefore only fail. */
  check(call: Call): void {
    const fired = this.#next(call);
    if (fired !== null) throw this.#error(fired, call);
  }

  #next(call: Call): (FiredFault<Call> & { readonly delayMs: number }) | null {
    const nth = (this.#counts.get(call) ?? 0) + 1;
    this.#counts.set(call, nth);
    const due = this.#entries.filter((entry) => entry.calls.has(call) && isDue(entry))[0];
    if (due === undefined && !(this.#isFull && this.writing.has(call))) return null;
    const { kind, delayMs = 0 } = due?.fault ?? { kind: "fullDisk" };
    if (due !== undefined) due.hasFired = true;
    if (kind === "fullDisk") this.#isFull = true;
    this.#fired.push({ call, kind, nth });
    return { call, kind, nth, delayMs };
  }

  #error({ kind, nth }: FiredFault<Call>, call: Call): Error {
    const what = `call ${nth} of ${call} on ${this.of} has met the planned fault "${kind}"`;
    if (kind === "lostReply") {
      const message = `${what}: its answer is lost, expected one; whoever asks again must find out whether it was applied.`;
      return new CommitOutcomeUnknownError(message, { outcome: "unknown" });
    }
    if (kind === "fail") {
      return new StoreUnavailableError(`${what}: nothing of it was done, expected it to succeed; ask again.`, { outcome: "not-applied" });
    }
    const cause = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    const message = `${what}: found no room (ENOSPC), expected some; call heal() to make room, then try again.`;
    const Full = call === "put" ? CheckpointWriteError : CheckpointStorageError;
    return new Full(message, { cause, outcome: "not-applied" });
  }
}

/** Counts the call, and says whether its fault befalls it. */
function isDue<Call extends string>(entry: Entry<Call>): boolean {
  entry.seen++;
  const { at, chance = 0 } = entry.fault;
  return at === undefined ? entry.chance.next() < chance : entry.seen === at;
}
