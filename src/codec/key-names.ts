import { createCipheriv, createDecipheriv } from "node:crypto";
import type { BlobNaming } from "../core/store-codec.js";
import type { CipherKey } from "./cipher-key.js";

/**
 * Names blobs by their digest, encrypted: equal blobs of a run have one name, as they must, but without the key nobody can check
 * a guess of what is in one. Each run has names of its own. CBC with a fixed start would show which texts begin alike; SHA-256
 * digests of 16 equal first bytes cannot be found.
 */
export function namesWith(keys: readonly CipherKey[]): BlobNaming {
  return {
    names: (runId, digest) => keys.map((key) => turned(createCipheriv("aes-256-cbc", key.derived("names", runId), START), digest)),
    digests: (runId, name) => keys.map((key) => turned(createDecipheriv("aes-256-cbc", key.derived("names", runId), START), name)),
  };
}

const START = Buffer.alloc(16);

/** 32 bytes in hex, encrypted or decrypted to as many. */
function turned(cipher: ReturnType<typeof createCipheriv>, hex: string): string {
  cipher.setAutoPadding(false);
  return cipher.update(hex, "hex", "hex") + cipher.final("hex");
}
