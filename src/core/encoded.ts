/** The first bytes of all that a codec has encoded: no JSON and no UTF-8 begins so. */
const MAGIC = Uint8Array.of(0x89, 0x43, 0x52, 0x4e);
const VERSION = 1;
/**
 * The last byte. It is not zero: where a power cut left the last record of a journal unwritten, its file ends in zeros, and
 * encoded bytes must not look like that.
 */
const END = 0x5d;
const HEAD = MAGIC.length + 2;

/** What is written about encoded bytes in front of them. */
export interface EncodedParts {
  /** The name of the codec. */
  readonly codec: string;
  readonly payload: Uint8Array;
}

/** Puts the mark of a codec around bytes: magic, version, the length of the name, the name; the bytes; an end. */
export function markEncoded(codec: string, payload: Uint8Array): Uint8Array {
  const name = new TextEncoder().encode(codec);
  const marked = new Uint8Array(HEAD + name.length + payload.length + 1);
  marked.set(MAGIC);
  marked.set([VERSION, name.length], MAGIC.length);
  marked.set(name, HEAD);
  marked.set(payload, HEAD + name.length);
  marked[marked.length - 1] = END;
  return marked;
}

/** Whether bytes were encoded by a codec: what is stored without one never is. */
export const isEncoded = (bytes: Uint8Array): boolean => MAGIC.every((byte, place) => bytes[place] === byte);

/** Takes the mark of a codec off; `null` if there is none, or one of another version, or one that was cut off. */
export function readEncoded(bytes: Uint8Array): EncodedParts | null {
  const start = HEAD + (bytes[HEAD - 1] ?? 0);
  const isWhole = isEncoded(bytes) && bytes[MAGIC.length] === VERSION && start < bytes.length && bytes[bytes.length - 1] === END;
  if (!isWhole) return null;
  return { codec: new TextDecoder().decode(bytes.subarray(HEAD, start)), payload: bytes.subarray(start, -1) };
}
