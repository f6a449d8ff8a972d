import { promisify } from "node:util";
import { gunzip, gzip as pack } from "node:zlib";
import type { StoreCodec } from "../core/store-codec.js";
import { type CompressionOptions, type Compressor, compressing, type ZlibResult } from "./compressed.js";

const packed = promisify<Uint8Array, { level: number }, Buffer>(pack);
// The types of Node do not know what `info` gives back.
const unpacked = promisify<Uint8Array, { info: true; maxOutputLength: number }, ZlibResult>(gunzip as never);

const GZIP: Compressor = {
  name: "gzip",
  levels: { least: 0, most: 9, usual: 6 },
  pack: (bytes, level) => packed(bytes, { level }),
  unpack: (bytes, maxOutputLength) => unpacked(bytes, { info: true, maxOutputLength }),
};

/**
 * Compresses what is stored with gzip, at a `level` from 0 to 9 (6 unless given). What has more than `maxBytes` (256 MiB unless
 * given) unpacked is refused with `LimitExceededError`. Throws `InvalidOptionError`.
 *
 * ```ts
 * await run(training, input, { checkpoints: { store: "./checkpoints", codec: gzip() } });
 * ```
 */
export const gzip = (options: CompressionOptions = {}): StoreCodec => compressing(GZIP, options);
