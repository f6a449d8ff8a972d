import { createHash } from "node:crypto";

const FORMAT = "cairnflow-s3/1";
const LONGEST_HEADER = 1 << 16;
const LINE_FEED = 10;

/** What was found in an object of this store. */
export interface Unwrapped {
  readonly parts: readonly Uint8Array[];
  /** Whether the bytes are those that were written. */
  readonly isIntact: boolean;
}

/** Puts byte strings into one object, behind a line that tells their digest and their lengths. */
export function wrap(parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  const header = [FORMAT, digestOf(body), ...parts.map(({ length }) => length)].join(" ");
  return Buffer.concat([Buffer.from(`${header}\n`), body]);
}

/** Takes an object apart; `null` if it is none of this store. */
export function unwrap(bytes: Uint8Array): Unwrapped | null {
  const end = bytes.subarray(0, LONGEST_HEADER).indexOf(LINE_FEED);
  if (end < 0) return null;
  const [format, digest, ...lengths] = new TextDecoder().decode(bytes.subarray(0, end)).split(" ");
  if (format !== FORMAT || !lengths.every((length) => /^\d{1,15}$/.test(length))) return null;
  const body = bytes.subarray(end + 1);
  let from = 0;
  const parts = lengths.map((length) => body.slice(from, (from += Number(length))));
  return { parts, isIntact: from === body.length && digest === digestOf(body) };
}

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
