import { crc32 } from "node:zlib";
import { CheckpointCorruptError } from "../core/errors.js";

/** "CJ" and the version of the framing. */
const MAGIC = 0x434a0001;
const HEAD = 16;

/** A record with what is needed to tell later whether it is whole: magic, length, and the CRC-32 of the record and of the head. */
export function frame(record: Uint8Array): Uint8Array {
  const framed = Buffer.allocUnsafe(HEAD + record.length);
  framed.writeUInt32LE(MAGIC, 0);
  framed.writeUInt32LE(record.length, 4);
  framed.writeUInt32LE(crc32(record), 8);
  framed.writeUInt32LE(crc32(framed.subarray(0, 12)), 12);
  framed.set(record, HEAD);
  return framed;
}

/**
 * The records of a journal. One record is written and synced at a time, so that only the last can be torn: then the file ends
 * before it does, or in zeros that stand for what was never written (a record ends with `]`). Everything else is damage to what
 * was stored, and refused.
 */
export function unframe(bytes: Uint8Array, path: string): Uint8Array[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: Uint8Array[] = [];
  let at = 0;
  for (let record = recordAt(buffer, at); record !== null; record = recordAt(buffer, at)) {
    records.push(record);
    at += HEAD + record.length;
  }
  if (at === buffer.length || isTorn(buffer, at)) return records;
  const message = `${path} is damaged at byte ${at}: its checksum is wrong; name a checkpoint with \`at\` to go back behind the steps it holds.`;
  throw new CheckpointCorruptError(message, { file: path });
}

function isTorn(buffer: Buffer, at: number): boolean {
  if (wholeRecordAfter(buffer, at + 1)) return false;
  if (buffer[buffer.length - 1] === 0 || buffer.length - at < HEAD) return true;
  return hasHead(buffer, at) && at + HEAD + buffer.readUInt32LE(at + 4) > buffer.length;
}

const hasHead = (buffer: Buffer, at: number): boolean =>
  at + HEAD <= buffer.length && buffer.readUInt32LE(at) === MAGIC && buffer.readUInt32LE(at + 12) === crc32(buffer.subarray(at, at + 12));

/** The record that begins here, or `null` if no whole one does. */
function recordAt(buffer: Buffer, at: number): Uint8Array | null {
  if (!hasHead(buffer, at)) return null;
  const end = at + HEAD + buffer.readUInt32LE(at + 4);
  if (end > buffer.length) return null;
  const record = buffer.subarray(at + HEAD, end);
  return buffer.readUInt32LE(at + 8) === crc32(record) ? record : null;
}

const MAGIC_BYTES = Buffer.from([MAGIC & 0xff, (MAGIC >>> 8) & 0xff, (MAGIC >>> 16) & 0xff, MAGIC >>> 24]);

function wholeRecordAfter(buffer: Buffer, from: number): boolean {
  for (let at = buffer.indexOf(MAGIC_BYTES, from); at >= 0; at = buffer.indexOf(MAGIC_BYTES, at + 1)) {
    if (recordAt(buffer, at) !== null) return true;
  }
  return false;
}
