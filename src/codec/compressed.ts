import { crc32 } from "node:zlib";
import { checkedNames } from "../core/checkpoint-policy.js";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { StoreCodec, StoredPlace } from "../core/store-codec.js";
import { damaged, tooLarge } from "./faults.js";

/** How much and how well is compressed. */
export interface CompressionOptions {
  /** More is smaller and slower. */
  readonly level?: number;
  /** What has more bytes than this unpacked is neither written nor read; 256 MiB unless given. */
  readonly maxBytes?: number;
}

/** A way to compress. */
export interface Compressor {
  readonly name: string;
  readonly levels: { readonly least: number; readonly most: number; readonly usual: number };
  pack(bytes: Uint8Array, level: number): Promise<Uint8Array>;
  /** Unpacks at most `maxBytes`, else rejects. */
  unpack(packed: Uint8Array, maxBytes: number): Promise<ZlibResult>;
}

/** What `node:zlib` gives back when it is asked for `info`. */
export interface ZlibResult {
  readonly buffer: Uint8Array;
  /** `bytesWritten`: how many of the packed bytes were used. */
  readonly engine: { readonly bytesWritten: number };
}

const MAX_BYTES = 256 * 1024 * 1024;
/** Before what is packed stand its length (6 bytes) and CRC-32: not every version of Node notices that the end of zstd is missing. */
const HEAD = 10;

/** A codec that compresses. Throws `InvalidOptionError`. */
export function compressing(compressor: Compressor, options: CompressionOptions): StoreCodec {
  const { name, levels } = compressor;
  checkedNames(options, ["level", "maxBytes"], name);
  const { level = levels.usual, maxBytes = MAX_BYTES } = options;
  checkWithin(`${name}.level`, level, levels.least, levels.most);
  checkWithin(`${name}.maxBytes`, maxBytes, 1, 2 ** 32);
  return {
    name,
    async encode(bytes, place) {
      if (bytes.length > maxBytes) throw tooLarge(place, bytes.length, maxBytes, name);
      const head = Buffer.alloc(HEAD);
      head.writeUIntBE(bytes.length, 0, 6);
      head.writeUInt32BE(crc32(bytes), 6);
      return Buffer.concat([head, await compressor.pack(bytes, level)]);
    },
    async decode(bytes, place) {
      const encoded = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (encoded.length < HEAD) throw damaged(place, `it is too short for ${name}`);
      const length = encoded.readUIntBE(0, 6);
      if (length > maxBytes) throw tooLarge(place, length, maxBytes, name);
      const unpacked = await unpack(compressor, encoded.subarray(HEAD), length, place);
      if (unpacked.length === length && crc32(unpacked) === encoded.readUInt32BE(6)) return unpacked;
      throw damaged(place, `what ${name} unpacks is not what was packed`);
    },
  };
}

/** Never unpacks more than was packed, however much the packed bytes would give. */
async function unpack(compressor: Compressor, packed: Uint8Array, length: number, place: StoredPlace): Promise<Uint8Array> {
  try {
    const { buffer, engine } = await compressor.unpack(packed, Math.max(length, 1));
    if (engine.bytesWritten === packed.length) return buffer;
  } catch (cause) {
    throw damaged(place, `${compressor.name} cannot unpack it`, cause);
  }
  throw damaged(place, `there is more in it than ${compressor.name} has packed`);
}

function checkWithin(option: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const found = typeof value === "number" ? String(value) : quoted(value);
  throw new InvalidOptionError(`option ${option} is ${found}: expected a whole number from ${least} to ${most}.`);
}
