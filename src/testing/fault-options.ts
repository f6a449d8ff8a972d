import { checkedCount, checkedOptions, optionError, shown } from "../authoring/option-checks.js";
import type { Clock } from "../core/clock.js";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { systemClock } from "../host/system-clock.js";
import type { FaultKind, PlannedFault } from "./fault-plan.js";

/** Which faults are planned. */
export interface FaultOptions<Call extends string = string, Kind extends FaultKind = FaultKind> {
  readonly faults: readonly PlannedFault<Call, Kind>[];
  /** What `chance` is derived from: the same seed, the same faults; 1 unless given. */
  readonly seed?: string | number;
  /** What `slow` calls wait on; the clock of this machine unless given. */
  readonly clock?: Clock;
}

/** What can be planned for one sort of target. */
export interface Possible {
  readonly calls: readonly string[];
  readonly kinds: readonly FaultKind[];
}

interface CheckedFaults<Call extends string> {
  readonly faults: readonly PlannedFault<Call>[];
  readonly seed: string;
  readonly clock: Clock;
}

/** The options of `flaky`, checked. Throws `InvalidOptionError`. */
export function checkedFaults<Call extends string>(options: unknown, possible: Possible): CheckedFaults<Call> {
  const {
    faults,
    seed = 1,
    clock = systemClock,
  } = checkedOptions<Partial<FaultOptions<Call>>>(options, ["faults", "seed", "clock"], "flaky");
  if (!Array.isArray(faults)) throw optionError("option faults of flaky", faults, "a list of faults");
  if (typeof seed !== "string" && !Number.isFinite(seed)) throw optionError("option seed of flaky", seed, "a text or a finite number");
  if (typeof clock?.after !== "function") throw optionError("option clock of flaky", clock, "a clock");
  return { faults: faults.map((fault, place) => checkedFault(fault, `faults[${place}]`, possible)), seed: String(seed), clock };
}

function checkedFault<Call extends string>(fault: PlannedFault<Call>, where: string, { calls, kinds }: Possible): PlannedFault<Call> {
  const { call, kind, at, chance, delayMs } = checkedOptions<PlannedFault<Call>>(fault, ["call", "kind", "at", "chance", "delayMs"], where);
  for (const name of [call].flat())
    if (!calls.includes(name as string)) throw optionError(`${where}.call`, name, `one of ${calls.join(", ")}`);
  if ([call].flat().length === 0) throw new InvalidOptionError(`${where}.call is an empty list: expected one call or several; name them.`);
  if (!kinds.includes(kind)) throw optionError(`${where}.kind`, kind, kinds.map(quoted).join(" or "));
  checkedCount(at, `${where}.at`);
  if (chance !== undefined && !(typeof chance === "number" && chance >= 0 && chance <= 1))
    throw optionError(`${where}.chance`, chance, "a number from 0 to 1");
  if ((at === undefined) === (chance === undefined)) {
    throw new InvalidOptionError(
      `${where} has ${at === undefined ? "neither" : "both"} of at and chance: expected one of them; say which call, or how often.`,
    );
  }
  checkDelay(kind, delayMs, where);
  return { ...fault };
}

function checkDelay(kind: FaultKind, delayMs: unknown, where: string): void {
  if (kind !== "slow") {
    if (delayMs === undefined) return;
    throw new InvalidOptionError(`${where}.delayMs is given for the kind ${quoted(kind)}: expected it for "slow" only; remove it.`);
  }
  if (typeof delayMs === "number" && Number.isFinite(delayMs) && delayMs >= 0) return;
  throw new InvalidOptionError(`${where}.delayMs is ${shown(delayMs)}: expected milliseconds from 0 up; say how long it waits.`);
}
