import * as zlib from "node:zlib";
import { aes256gcm } from "../../src/codec/aes256gcm.js";
import { gzip } from "../../src/codec/gzip.js";
import { zstd } from "../../src/codec/zstd.js";
import { CHECKPOINT_FILES, type CheckpointFile, type CheckpointKey, type CheckpointStore } from "../../src/core/checkpoint.js";
import type { StoreCodec, StoredPlace } from "../../src/core/store-codec.js";
import { MemoryCheckpointStore } from "../../src/memory/memory-checkpoint-store.js";

export const hasZstd = "zstdCompress" in zlib;
export const keyOf = (seed: number): Uint8Array => new Uint8Array(32).map((_, place) => seed * 31 + place * 7);
export const textOf = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes ?? new Uint8Array(0));

type Codec = StoreCodec | readonly StoreCodec[];

/** Every codec that this Node can do, by name. */
export const CODECS: readonly (readonly [name: string, make: () => Codec])[] = [
  ["gzip", () => gzip()],
  ...(hasZstd ? [["zstd", () => zstd()] as const] : []),
  ["aes256gcm", () => aes256gcm({ key: keyOf(1) })],
  ["aes256gcm with two keys", () => aes256gcm({ keys: [keyOf(2), keyOf(1)] })],
  ["gzip and aes256gcm", () => [gzip(), aes256gcm({ key: keyOf(1) })]],
];

export const SOME_PLACE: StoredPlace = { runId: "r1", seq: 1, part: "context", id: "a" };

/** What lies in a store, as it lies there, by where it is: `r1 1-a context`, `r1 blob <name>`, `r1 journal 1 0`. */
export async function rawOf(store: CheckpointStore, runId: string): Promise<Map<string, Uint8Array>> {
  const raw = new Map<string, Uint8Array>();
  for (const key of await store.list(runId)) {
    const files = await store.read(key);
    for (const part of CHECKPOINT_FILES) raw.set(fileAt(key, part), files?.[part] ?? new Uint8Array(0));
    for (const [index, record] of (await store.readJournal(runId, key.seq)).entries()) raw.set(recordAt(runId, key.seq, index), record);
  }
  for (const name of await store.blobs(runId)) raw.set(blobAt(runId, name), (await store.readBlob(runId, name)) ?? new Uint8Array(0));
  return raw;
}

const fileAt = ({ runId, seq, id }: CheckpointKey, part: CheckpointFile): string => `${runId} ${seq}-${id} ${part}`;
const blobAt = (runId: string, name: string): string => `${runId} blob ${name}`;
const recordAt = (runId: string, seq: number, index: number): string => `${runId} journal ${seq} ${index}`;

/** A store in which other bytes lie than were put there, in places named as `rawOf` does. */
export class TamperedStore extends MemoryCheckpointStore {
  /** How often other bytes were given. */
  fired = 0;
  readonly instead = new Map<string, Uint8Array>();

  override async read(key: CheckpointKey) {
    const files = await super.read(key);
    return files && { context: this.#at(key, "context", files), state: this.#at(key, "state", files), meta: this.#at(key, "meta", files) };
  }

  override async readBlob(runId: string, name: string): Promise<Uint8Array | null> {
    return this.#given(blobAt(runId, name), await super.readBlob(runId, name));
  }

  override async readJournal(runId: string, seq: number): Promise<readonly Uint8Array[]> {
    const records = await super.readJournal(runId, seq);
    return records.map((record, index) => this.#given(recordAt(runId, seq, index), record));
  }

  #at(key: CheckpointKey, part: CheckpointFile, files: Readonly<Record<CheckpointFile, Uint8Array | null>>): Uint8Array | null {
    return this.#given(fileAt(key, part), files[part]);
  }

  #given<T extends Uint8Array | null>(place: string, bytes: T): T | Uint8Array {
    const instead = this.instead.get(place);
    if (instead === undefined) return bytes;
    this.fired++;
    return instead;
  }
}
