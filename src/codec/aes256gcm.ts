import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { checkedNames } from "../core/checkpoint-policy.js";
import { InvalidOptionError } from "../core/errors.js";
import type { StoreCodec, StoredPlace } from "../core/store-codec.js";
import { CipherKey, type KeyMaterial } from "./cipher-key.js";
import { damaged, misfit } from "./faults.js";
import { namesWith } from "./key-names.js";

/** The key that is used, or several: the first encrypts, and each can decrypt what it has encrypted before. */
export type EncryptionOptions =
  | { readonly key: KeyMaterial; readonly keys?: never }
  | { readonly keys: readonly KeyMaterial[]; readonly key?: never };

const CIPHER = "aes-256-gcm";
const ID = 8;
const NONCE = 12;
const TAG = 16;

/**
 * Encrypts what is stored with AES-256-GCM, bound to its place: what is changed, or moved to another run, checkpoint, document or
 * blob, is refused. A key is 32 bytes, or text in hex or base64. To change it, put the new one in front of the old ones in `keys`.
 * Throws `InvalidOptionError`.
 *
 * ```ts
 * await run(training, input, { checkpoints: { store: "./checkpoints", codec: aes256gcm({ key }) } });
 * ```
 */
export function aes256gcm(options: EncryptionOptions): StoreCodec {
  const keys = keysOf(options);
  return {
    name: "aes256gcm",
    encode: (bytes, place) => encrypt(keys[0] as CipherKey, bytes, place),
    decode: (bytes, place) => decrypt(keys, bytes, place),
    blobNaming: namesWith(keys),
  };
}

function keysOf(options: EncryptionOptions): readonly CipherKey[] {
  checkedNames(options, ["key", "keys"], "aes256gcm");
  const { key, keys } = options;
  if ((key === undefined) === (keys === undefined)) {
    throw new InvalidOptionError("aes256gcm has neither or both of its options key and keys: expected one of them.");
  }
  if (key !== undefined) return [new CipherKey(key, "aes256gcm.key")];
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new InvalidOptionError("option aes256gcm.keys is no list of keys: expected at least one, the newest first.");
  }
  const made = keys.map((each: KeyMaterial, place) => new CipherKey(each, `aes256gcm.keys[${place}]`));
  if (new Set(made.map(hexId)).size === made.length) return made;
  throw new InvalidOptionError("option aes256gcm.keys has a key twice: expected each once, the newest first.");
}

/** Id of the key, nonce, content, tag. A nonce is drawn for each: nothing has to be counted, so no crash can repeat one. */
function encrypt(key: CipherKey, bytes: Uint8Array, place: StoredPlace): Uint8Array {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv(CIPHER, key.derived("content", place.runId), nonce, { authTagLength: TAG });
  cipher.setAAD(boundTo(place));
  return Buffer.concat([key.id, nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(keys: readonly CipherKey[], bytes: Uint8Array, place: StoredPlace): Uint8Array {
  if (bytes.length < ID + NONCE + TAG) throw damaged(place, "it is too short to be encrypted");
  const id = bytes.subarray(0, ID);
  const key = keys.find((each) => each.id.equals(id));
  if (key === undefined) {
    const [found, known] = [Buffer.from(id).toString("hex"), keys.map(hexId).join(", ")];
    throw misfit(place, `it is encrypted with key ${found}: expected ${known}; add the key it was written with to the keys of aes256gcm`);
  }
  const decipher = createDecipheriv(CIPHER, key.derived("content", place.runId), bytes.subarray(ID, ID + NONCE), { authTagLength: TAG });
  decipher.setAAD(boundTo(place));
  decipher.setAuthTag(bytes.subarray(-TAG));
  const content = decipher.update(bytes.subarray(ID + NONCE, -TAG));
  try {
    return Buffer.concat([content, decipher.final()]);
  } catch (cause) {
    throw damaged(place, "its tag is wrong: it was changed, or belongs to another place", cause);
  }
}

const hexId = (key: CipherKey): string => key.id.toString("hex");

const boundTo = ({ runId, seq, part, id }: StoredPlace): Buffer => Buffer.from(JSON.stringify([runId, seq, part, id]));
