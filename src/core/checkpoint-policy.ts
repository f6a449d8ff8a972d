import { InvalidOptionError } from "./errors.js";
import { quoted } from "./ids.js";

/** When checkpoints are taken besides those that tasks ask for, which are kept, and what a failed one means. */
export interface CheckpointPolicy {
  /** After each task, after so many steps, or when so many milliseconds have passed at the end of a step. */
  readonly every: "task" | { readonly steps: number } | { readonly ms: number } | null;
  /** Whether a run that fails leaves a checkpoint. */
  readonly onError: boolean;
  /** `fail`: a checkpoint that cannot be written fails the run. `warn`: the run goes on with a warning. */
  readonly onFailure: "fail" | "warn";
  readonly maxStateBytes: number;
  /** `null`: all are kept. */
  readonly keep: KeepPolicy | null;
}

/** Which checkpoints of a run are kept: those that any rule names. The newest and the pinned ones always are. */
export interface KeepOptions {
  /** The last so many. */
  readonly last?: number;
  /** Every so many, by `seq`. */
  readonly every?: number;
  /** Those with the best values of a metric. */
  readonly best?: { readonly metric: string; readonly mode: "min" | "max" /** 1 unless given. */; readonly count?: number };
  /** Once all of them together are larger, the oldest go as well, the best ones last. */
  readonly maxBytes?: number;
}

/** `KeepOptions`, checked. */
export interface KeepPolicy {
  readonly last: number | null;
  readonly every: number | null;
  readonly best: { readonly metric: string; readonly mode: "min" | "max"; readonly count: number } | null;
  readonly maxBytes: number | null;
}

/** Which checkpoints are kept, checked. Throws `InvalidOptionError`. */
export function checkedKeep(keep: KeepOptions, name = "checkpoints.keep"): KeepPolicy {
  checkedNames(keep, ["last", "every", "best", "maxBytes"], name);
  const { last, every, best, maxBytes } = keep;
  if (last === undefined && every === undefined && best === undefined && maxBytes === undefined) {
    throw new InvalidOptionError(
      `option ${name} says nothing: expected at least one of last, every, best, maxBytes; leave it out to keep all.`,
    );
  }
  return {
    last: countOrNull(`${name}.last`, last),
    every: countOrNull(`${name}.every`, every),
    best: best === undefined ? null : checkedBest(best, `${name}.best`),
    maxBytes: countOrNull(`${name}.maxBytes`, maxBytes),
  };
}

function checkedBest(best: NonNullable<KeepOptions["best"]>, name: string): NonNullable<KeepPolicy["best"]> {
  checkedNames(best, ["metric", "mode", "count"], name);
  const { metric, mode, count } = best;
  if (typeof metric !== "string" || metric === "") throw refused(`${name}.metric`, metric, "the name of a metric");
  if (mode !== "min" && mode !== "max") throw refused(`${name}.mode`, mode, '"min" or "max"');
  return { metric, mode, count: countOrNull(`${name}.count`, count) ?? 1 };
}

/** Refuses what is not an object, and fields that nobody knows. */
export function checkedNames(options: object, known: readonly string[], name: string): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) throw refused(name, options, `{ ${known.join(", ")} }`);
  const unknown = Object.keys(options).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  throw new InvalidOptionError(
    `option ${name} has no field ${unknown.map(quoted).join(", ")}: expected some of ${known.join(", ")}; correct or remove it.`,
  );
}

function countOrNull(name: string, value: number | undefined): number | null {
  if (value === undefined) return null;
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw refused(name, value, "a whole number from 1 up");
}

function refused(name: string, found: unknown, expected: string): InvalidOptionError {
  const text = typeof found === "number" || typeof found === "boolean" ? String(found) : quoted(found);
  return new InvalidOptionError(`option ${name} is ${text}: expected ${expected}.`);
}
