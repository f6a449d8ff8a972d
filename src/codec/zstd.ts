import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { InvalidOptionError } from "../core/errors.js";
import type { StoreCodec } from "../core/store-codec.js";
import { type CompressionOptions, type Compressor, compressing, type ZlibResult } from "./compressed.js";

/** What newer versions of Node have in `node:zlib`, as far as it is used. */
interface ZstdModule {
  zstdCompress(bytes: Uint8Array, options: { params: Record<number, number> }, done: (error: Error | null, result: Buffer) => void): void;
  zstdDecompress(
    bytes: Uint8Array,
    options: { info: true; maxOutputLength: number },
    done: (error: Error | null, result: ZlibResult) => void,
  ): void;
  readonly constants: { readonly ZSTD_c_compressionLevel: number };
}

/**
 * Compresses what is stored with Zstandard, at a `level` from 1 to 22 (3 unless given): smaller and faster than `gzip`. What has
 * more than `maxBytes` (256 MiB unless given) unpacked is refused with `LimitExceededError`. Throws `InvalidOptionError`, also if
 * this version of Node cannot do it: it takes 22.15, 23.8 or a newer one.
 *
 * ```ts
 * await run(training, input, { checkpoints: { store: "./checkpoints", codec: zstd() } });
 * ```
 */
export function zstd(options: CompressionOptions = {}): StoreCodec {
  return compressing(zstdOf(zlib), options);
}

function zstdOf(found: object): Compressor {
  if (!hasZstd(found)) {
    throw new InvalidOptionError(
      `zstd() needs Node 22.15, 23.8 or newer: found ${process.version}, whose zlib has no Zstandard; use that, or gzip().`,
    );
  }
  const [pack, unpack] = [promisify(found.zstdCompress), promisify(found.zstdDecompress)];
  return {
    name: "zstd",
    levels: { least: 1, most: 22, usual: 3 },
    pack: (bytes, level) => pack(bytes, { params: { [found.constants.ZSTD_c_compressionLevel]: level } }),
    unpack: (bytes, maxOutputLength) => unpack(bytes, { info: true, maxOutputLength }),
  };
}

const hasZstd = (found: object): found is ZstdModule => "zstdCompress" in found && "zstdDecompress" in found;
