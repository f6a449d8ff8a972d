import { isEncoded, markEncoded, readEncoded } from "../core/encoded.js";
import { CairnError, CheckpointError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { StoreCodec, StoredPlace } from "../core/store-codec.js";
import { damaged, misfit } from "./faults.js";

/** Encodes and decodes with a codec, marks what it has encoded, and refuses what it has not. */
export class Coder {
  constructor(readonly codec: StoreCodec) {}

  /** Throws `CodecError` if the codec fails. */
  async encode(bytes: Uint8Array, place: StoredPlace): Promise<Uint8Array> {
    const { name } = this.codec;
    try {
      return markEncoded(name, checkedBytes(await this.codec.encode(bytes, place)));
    } catch (cause) {
      if (cause instanceof CairnError) throw cause;
      throw misfit(place, `the codec ${name} could not encode it: expected bytes; see the cause, and mend the codec`, cause);
    }
  }

  /**
   * Throws `CodecError` for what was written without this codec or with another key, `CheckpointCorruptError` for damage,
   * `LimitExceededError` for what is too large.
   */
  async decode(bytes: Uint8Array, place: StoredPlace): Promise<Uint8Array> {
    const payload = this.#payload(bytes, place);
    try {
      return checkedBytes(await this.codec.decode(payload, place));
    } catch (cause) {
      if (cause instanceof CairnError) throw cause;
      throw damaged(place, `the codec ${this.codec.name} could not decode it`, cause);
    }
  }

  /** Whether it is what this codec has stored in this place, whole. */
  async fits(bytes: Uint8Array, place: StoredPlace): Promise<boolean> {
    try {
      await this.decode(bytes, place);
      return true;
    } catch (error) {
      if (error instanceof CheckpointError) return false;
      throw error;
    }
  }

  #payload(bytes: Uint8Array, place: StoredPlace): Uint8Array {
    const { name } = this.codec;
    const parts = readEncoded(bytes);
    if (parts?.codec === name) return parts.payload;
    if (parts !== null) {
      throw misfit(place, `it was written with the codec ${quoted(parts.codec)}: expected ${quoted(name)}; read it with that codec`);
    }
    if (isEncoded(bytes)) throw damaged(place, "the mark of its codec is damaged, or of a newer version of cairnflow");
    if (isPlain(bytes)) {
      throw misfit(place, `it is not encoded: expected the codec ${quoted(name)}; it was written without a codec, read it without`);
    }
    throw damaged(place, `it is not encoded: expected the codec ${quoted(name)}`);
  }
}

/** Whether it begins as all do that are written without a codec: with an object or a list of JSON. */
const isPlain = (bytes: Uint8Array): boolean => bytes[0] === 0x7b || bytes[0] === 0x5b;

function checkedBytes(bytes: unknown): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  throw new TypeError(`a codec has given back ${bytes === null ? "null" : typeof bytes}: expected a Uint8Array`);
}
