import { below } from "./seeded.js";

/** A copy with one byte changed, often in one bit only. */
export function flipped(bytes: Uint8Array, random: () => number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const place = below(random, copy.length);
  copy[place] = (copy[place] as number) ^ (random() < 0.5 ? 1 << below(random, 8) : 1 + below(random, 255));
  return copy;
}
