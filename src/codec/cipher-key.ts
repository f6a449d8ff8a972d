import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { InvalidOptionError } from "../core/errors.js";

/** 32 bytes, as they are or as text: 64 hexadecimal digits, or 44 characters of base64. */
export type KeyMaterial = Uint8Array | string;

const BYTES = 32;
const ID_BYTES = 8;
const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[A-Za-z0-9+/]{43}=$/;
const EXPECTED = `${BYTES} bytes as a Uint8Array, 64 hexadecimal digits or 44 characters of base64, as from "openssl rand -base64 32"`;

/** A key, from which those that are used are derived: each purpose and run has its own. */
export class CipherKey {
  /** Tells keys apart in what is stored, and tells nothing of the key. */
  readonly id: Buffer;
  /** Unlike bytes, it does not show in what is printed. */
  readonly #secret: KeyObject;

  /** Throws `InvalidOptionError`, which does not repeat the key. `option` names it there. */
  constructor(material: KeyMaterial, option: string) {
    this.#secret = createSecretKey(keyBytes(material, option));
    this.id = this.derived("id", "").subarray(0, ID_BYTES);
  }

  /** The key for a purpose and a run, 32 bytes. */
  derived(purpose: "id" | "content" | "names", runId: string): Buffer {
    return createHmac("sha256", this.#secret)
      .update(JSON.stringify(["cairnflow aes256gcm 1", purpose, runId]))
      .digest();
  }
}

function keyBytes(material: KeyMaterial, option: string): Uint8Array {
  if (material instanceof Uint8Array) {
    if (material.length === BYTES) return material;
    throw new InvalidOptionError(`option ${option} has ${material.length} bytes: expected ${EXPECTED}.`);
  }
  if (typeof material !== "string") throw new InvalidOptionError(`option ${option} is a ${typeof material}: expected ${EXPECTED}.`);
  if (HEX.test(material)) return Buffer.from(material, "hex");
  if (BASE64.test(material)) return Buffer.from(material, "base64");
  throw new InvalidOptionError(`option ${option} is a text of ${material.length} characters that is no key: expected ${EXPECTED}.`);
}
