import { crc32 } from "node:zlib";
import { CheckpointCorruptError } from "../core/errors.js";

const BREAK = 10;
/** Length, checksum of the text and checksum of these two, in hex, each with a blank behind it. */
const HEAD = 27;
const CHECKED_HEAD = 17;
const HEAD_START = /^[0-9a-f]{0,8}( [0-9a-f]{0,8}( [0-9a-f]{0,8} ?)?)?$/;

const hex = (count: number): string => count.toString(16).padStart(8, "0");

/**
 * A text without line breaks as a line of a journal. The break comes first: so a line that was cut short, by whatever has killed its
 * writer, is ended by the next one, and nothing but that line is lost.
 */
export function lineOf(text: string): Buffer {
  const body = Buffer.from(text);
  const head = `${hex(body.length)} ${hex(crc32(body))}`;
  return Buffer.concat([Buffer.from(`\n${head} ${hex(crc32(head))} `), body]);
}

/** What is read of a journal: its texts, and how many bytes they have taken. */
export interface ReadLines {
  readonly texts: readonly string[];
  readonly bytes: number;
}

/**
 * The texts of whole lines. What is cut short at the end may still be being written, and is left for the next time; what is cut
 * short before another line was never confirmed to anybody. Throws `CheckpointCorruptError` for all that is not as it was written.
 */
export function readLines(bytes: Buffer, path: string, offset: number): ReadLines {
  const texts: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] !== BREAK) throw damaged(path, offset + at);
    const next = bytes.indexOf(BREAK, at + 1);
    const found = textOfLine(bytes.subarray(at + 1, next < 0 ? bytes.length : next));
    if (found.kind === "damaged") throw damaged(path, offset + at);
    if (found.kind === "short" && next < 0) break;
    if (found.kind === "whole") texts.push(found.text);
    at = next < 0 ? bytes.length : next;
  }
  return { texts, bytes: at };
}

type Line = { readonly kind: "whole"; readonly text: string } | { readonly kind: "short" | "damaged" };

const SHORT: Line = { kind: "short" };
const DAMAGED: Line = { kind: "damaged" };

function textOfLine(given: Buffer): Line {
  const line = withoutZeros(given);
  if (line.length < HEAD) return HEAD_START.test(line.toString("latin1")) ? SHORT : DAMAGED;
  const [length = "", sum = "", headSum = ""] = line.toString("latin1", 0, HEAD).split(" ");
  if (headSum !== hex(crc32(line.subarray(0, CHECKED_HEAD)))) return DAMAGED;
  const body = line.subarray(HEAD);
  if (body.length < Number.parseInt(length, 16)) return SHORT;
  return body.length === Number.parseInt(length, 16) && sum === hex(crc32(body)) ? { kind: "whole", text: body.toString() } : DAMAGED;
}

/** After a power cut a file may end in zeros, for what was never written. No line has any. */
function withoutZeros(line: Buffer): Buffer {
  const zero = line.indexOf(0);
  return zero >= 0 && line.subarray(zero).every((byte) => byte === 0) ? line.subarray(0, zero) : line;
}

export function damaged(path: string, at: number): CheckpointCorruptError {
  return new CheckpointCorruptError(
    `${path} is damaged at byte ${at}: found other bytes than were written, expected whole lines with their checksums; restore the file from a backup, or open another board.`,
    { file: path },
  );
}
