import { InvalidOptionError } from "./errors.js";
import { quoted } from "./ids.js";

/** Milliseconds as a number, or a text such as `"250ms"`, `"30s"`, `"5m"`, `"2h"` or `"3 days"`. */
export type Duration = number | string;

const UNITS = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["min", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
  ["second", 1_000],
  ["minute", 60_000],
  ["hour", 3_600_000],
  ["day", 86_400_000],
  ["week", 604_800_000],
]);
const TEXT = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/;

/** Milliseconds of a duration; `what` names the option in the error. */
export function toMs(duration: Duration, what: string): number {
  if (typeof duration === "number" && Number.isFinite(duration) && duration >= 0) return duration;
  const match = typeof duration === "string" ? TEXT.exec(duration) : null;
  const unit = match && (UNITS.get(match[2] as string) ?? UNITS.get((match[2] as string).replace(/s$/, "")));
  if (match && unit) return Number(match[1]) * unit;
  const found = typeof duration === "number" ? String(duration) : quoted(duration);
  throw new InvalidOptionError(
    `${what} is ${found}: expected milliseconds from 0 up, or a text such as "250ms", "30s", "5m", "2h", "3 days".`,
  );
}
