import type { ChangeTracker } from "./run-state.js";

/** A part of a table that is kept as a blob of its own, by the digest of its content. */
export interface SegmentRef {
  readonly sha256: string;
  /** The length of its text. */
  readonly size: number;
}

/** A table as one checkpoint names it: segments, oldest first, then what has changed since; `null` is a removal. */
export interface TableImage {
  readonly segments: readonly SegmentRef[];
  readonly tail: ReadonlyMap<string, string | null>;
}

/** A table that was read from a checkpoint. What its keys are is asked only if another checkpoint follows. */
export interface StoredTable {
  readonly image: TableImage;
  /** The keys of each segment. */
  readonly keys: () => readonly (readonly string[])[];
  /** The keys of the records it has in all. */
  readonly present: () => Iterable<string>;
}

/** Writes a segment; `record` gives the text of each key, or `null` for a removal. */
export type SegmentWriter = (keys: readonly string[], record: (key: string) => string | null) => string;

/** A segment as a list of keys, each with its record or without one. */
const plainSegment: SegmentWriter = (keys, record) => `[${keys.map((key) => entryText(key, record(key))).join(",\n")}]`;

/** An entry of a segment. */
export const entryText = (key: string, record: string | null): string =>
  record === null ? `[${JSON.stringify(key)}]` : `[${JSON.stringify(key)},${record}]`;

/** A table up to this size is written whole with each checkpoint, so that people can read it. */
const WHOLE = 16_384;
/** Beyond that, changes are written with each checkpoint until they are this large, then as a segment. */
const TAIL = 4_096;
/** This many segments of like size are merged into one. */
const FAN_IN = 8;

interface Segment extends SegmentRef {
  readonly keys: readonly string[];
}

/**
 * Keyed records of which a checkpoint writes only what has changed. Old records stay in segments, which are blobs
 * that many checkpoints share; segments are merged as they grow in number (as in a log-structured merge tree: O'Neil
 * et al., 1996), so that each record is rewritten a logarithmic number of times and few segments make up a table.
 */
export class SegmentedTable implements ChangeTracker {
  readonly #dirty = new Set<string>();
  /** The keys of the records there are. */
  readonly #present = new Set<string>();
  #segments: Segment[] = [];
  readonly #tail = new Map<string, string | null>();
  #tailSize = 0;
  /** What the table goes on from, until its keys are needed. */
  #origin: StoredTable | null = null;

  constructor(
    /** The record of a key as JSON, or `null` if there is none (any more). */
    private readonly render: (key: string) => string | null,
    private readonly sha256: (text: string) => string,
    /** Takes the text of each new segment. */
    private readonly emit: (sha256: string, text: string) => void,
    private readonly segmentText: SegmentWriter = plainSegment,
  ) {}

  touch(key: string): void {
    this.#dirty.add(key);
  }

  gone(key: string): void {
    this.#takeOver();
    if (this.#present.has(key)) this.#dirty.add(key);
    else this.#dirty.delete(key);
  }

  /** Goes on from a table that was read from a checkpoint. */
  adopt(origin: StoredTable): void {
    this.#origin = origin;
    this.#dirty.clear();
  }

  /** The table as it is now. Takes time by what has changed since the last call. */
  image(): TableImage {
    this.#takeOver();
    for (const key of this.#dirty) this.#put(key, this.render(key));
    this.#dirty.clear();
    if (this.#tailSize > (this.#segments.length === 0 ? WHOLE : TAIL)) this.#flush();
    return { segments: this.#segments.map(({ sha256, size }) => ({ sha256, size })), tail: new Map(this.#tail) };
  }

  #takeOver(): void {
    if (this.#origin === null) return;
    const { image, keys, present } = this.#origin;
    this.#origin = null;
    const ofSegments = keys();
    this.#segments = image.segments.map((ref, place) => ({ ...ref, keys: ofSegments[place] ?? [] }));
    for (const key of present()) this.#present.add(key);
    for (const [key, record] of image.tail) this.#put(key, record);
  }

  #put(key: string, record: string | null): void {
    if (record === null) this.#present.delete(key);
    else this.#present.add(key);
    const before = this.#tail.get(key);
    this.#tailSize -= before === undefined ? 0 : sizeOf(key, before);
    if (record === null && this.#segments.length === 0) {
      this.#tail.delete(key);
      return;
    }
    this.#tail.set(key, record);
    this.#tailSize += sizeOf(key, record);
  }

  /** Turns the tail into a segment, and segments into larger ones. */
  #flush(): void {
    const keys = [...this.#tail.keys()];
    let size = this.#tailSize;
    let merged = keys;
    let from = this.#segments.length;
    for (let next = this.#mergeFrom(from, size); next < from; next = this.#mergeFrom(from, size)) {
      const older = this.#segments.slice(next, from);
      merged = [...new Set([...older.flatMap((segment) => segment.keys), ...merged])];
      size += older.reduce((sum, segment) => sum + segment.size, 0);
      from = next;
    }
    this.#segments.splice(from);
    this.#append(merged, from === 0);
    this.#tail.clear();
    this.#tailSize = 0;
  }

  /** The place from which on segments are merged with a new one of this size; `end` for none. */
  #mergeFrom(end: number, size: number): number {
    let place = end;
    while (place > 0 && tierOf((this.#segments[place - 1] as Segment).size) <= tierOf(size)) place--;
    if (end - place >= FAN_IN - 1) return place;
    const rest = this.#segments.slice(1, end).reduce((sum, segment) => sum + segment.size, size);
    return end > 0 && rest >= (this.#segments[0] as Segment).size ? 0 : end;
  }

  /** Writes the records of these keys, as they are now, as the newest segment. */
  #append(keys: readonly string[], first: boolean): void {
    const kept = first ? keys.filter((key) => this.#present.has(key)) : keys;
    if (kept.length === 0) return;
    // What is in the tail was rendered just now.
    const record = (key: string): string | null => (this.#present.has(key) ? (this.#tail.get(key) ?? this.render(key)) : null);
    const text = this.segmentText(kept, record);
    const sha256 = this.sha256(text);
    this.emit(sha256, text);
    this.#segments.push({ sha256, size: text.length, keys: kept });
  }
}

const sizeOf = (key: string, record: string | null): number => key.length + (record?.length ?? 0) + 6;
const tierOf = (size: number): number => Math.floor(Math.log(Math.max(size, TAIL) / TAIL) / Math.log(FAN_IN));
