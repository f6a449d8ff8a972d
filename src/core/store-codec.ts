/** The parts of a store that a codec encodes: the documents of checkpoints, blobs, and the records of journals. */
export type StoredPart = "context" | "state" | "meta" | "blob" | "journal";

/**
 * Where something is stored. A codec that encrypts binds what it writes to its place, so that it cannot be moved to another:
 * the place is not stored with it, but must be the same when it is read.
 */
export interface StoredPlace {
  readonly runId: string;
  /** Of the checkpoint, or of the one that the journal follows. 0 for a blob, which checkpoints share. */
  readonly seq: number;
  readonly part: StoredPart;
  /** The id of the checkpoint; the SHA-256 of a blob's content; the number of a record in its journal, from 0. */
  readonly id: string;
}

/**
 * How the bytes of a store are encoded on their way in and decoded on their way out: compressed, encrypted. `decode` is only
 * given what `encode` of a codec with the same name has made; what was damaged since, it refuses by throwing. Neither changes or
 * keeps the bytes it is given.
 */
export interface StoreCodec {
  /** Says in each encoded document how it was made: 1 to 32 of `a-z 0-9 . -`. Another format of the codec needs another name. */
  readonly name: string;
  encode(bytes: Uint8Array, place: StoredPlace): Uint8Array | Promise<Uint8Array>;
  decode(bytes: Uint8Array, place: StoredPlace): Uint8Array | Promise<Uint8Array>;
  /** How blobs are called in the store. Unless given, by the SHA-256 of their content, which tells it to those who can guess it. */
  readonly blobNaming?: BlobNaming;
}

/** Gives blobs other names than their digests. A name is 64 of `0-9 a-f` as well. */
export interface BlobNaming {
  /** The names that a blob may have, that of a new one first: several, if there are several keys. */
  names(runId: string, digest: string): readonly string[];
  /** The digests of which a name may be, at least one. */
  digests(runId: string, name: string): readonly string[];
}
