import { StateTooLargeError } from "./errors.js";
import { quoted } from "./ids.js";

/** No checkpoint takes more bytes than this, with all it names: what is larger is neither written nor read. */
export const STATE_LIMIT = 256 * 1024 * 1024;

/** The name of a part of the state, and how many bytes it takes. */
export type KeySize = readonly [key: string, bytes: number];

/** The largest of some keys, largest first; of equal ones the first by name. */
export function largestKeys(sizes: Iterable<KeySize>, count = 10): readonly KeySize[] {
  return [...sizes].sort(bySize).slice(0, count);
}

function bySize([key, bytes]: KeySize, [otherKey, otherBytes]: KeySize): number {
  if (bytes !== otherBytes) return otherBytes - bytes;
  if (key === otherKey) return 0;
  return key < otherKey ? -1 : 1;
}

/** Says that the state of a run is larger than it may be, and which of its keys are the largest: names and bytes, never values. */
export function stateTooLarge(runId: string, bytes: number, limit: number, largest: readonly KeySize[]): StateTooLargeError {
  const named = largest.map(([key, size]) => `${quoted(key)} (${size} bytes)`).join(", ");
  const message =
    `the state of run ${runId} takes ${bytes} bytes: expected at most ${limit} (maxStateBytes)${named && `; its largest keys are ${named}`}; ` +
    "nothing was written, keep large values elsewhere and their address here, or raise maxStateBytes.";
  return new StateTooLargeError(message, bytes, limit, { runId });
}
