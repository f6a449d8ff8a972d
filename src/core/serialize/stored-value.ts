import { UsageError } from "../errors.js";
import { decode, encode, parseDocument, type StoredDocument, verifyDocument, verifyPlain } from "./document.js";
import { type Level, PLAIN, PRIVATE, SHARED } from "./limits.js";
import { Walk } from "./walk.js";

const NOTHING = Symbol("nothing decoded yet");

/** From how many parts on a value is remembered when it is read: noting it costs a microsecond, so a small one is walked again. */
const LARGE = 64;

/** The large frozen values that readers hold, so that passing one on needs no second walk and no second writing. */
const handedOut = new WeakMap<object, StoredValue>();

/** An immutable captured value: what is read from it is frozen and equal to what was captured. */
export class StoredValue {
  private parts: readonly StoredValue[] | null = null;

  private constructor(
    private readonly level: Level,
    /** The frozen value, if all readers share it. */
    private readonly shared: unknown,
    private written: string | null = null,
    /** A copy decoded in advance, for the first reader. */
    private ahead: unknown = NOTHING,
    private isToBeNoted = false,
  ) {}

  /** As `capture`. */
  static capture(value: unknown, where: string): StoredValue {
    switch (typeof value) {
      case "undefined":
        return UNDEFINED;
      case "boolean":
        return value ? TRUE : FALSE;
      case "number":
        return StoredValue.captureNumber(value);
      case "string":
        return new StoredValue(PLAIN, value);
      default:
        return value === null ? NULL : StoredValue.captureWalking(value, where);
    }
  }

  /** Reads a text that `text()` gave; throws a `CheckpointError` for any other. */
  static fromText(text: string): StoredValue {
    return StoredValue.fromVerified(parseDocument(text), text);
  }

  /** Reads a document that is parsed already and takes it over: the caller must not use it afterwards. */
  static fromDocument(document: StoredDocument): StoredValue {
    return StoredValue.fromVerified(document, null);
  }

  /** Takes over parsed JSON that `plainText()` gave; throws a `CheckpointError` for any other. */
  static fromPlain(json: unknown): StoredValue {
    verifyPlain(json, true);
    return typeof json === "object" && json !== null ? new StoredValue(PLAIN, json) : StoredValue.capture(json, "");
  }

  /** The list of these values, put together without a walk through them. */
  static list(parts: readonly StoredValue[]): StoredValue {
    const level = levelOf(parts);
    const values = parts.map((part) => part.read());
    return level === PRIVATE ? StoredValue.capture(values, "list") : new StoredValue(level, Object.freeze(values));
  }

  /** The object with these values, put together without a walk through them; no key may be one that changes prototypes. */
  static record(parts: ReadonlyMap<string, StoredValue>): StoredValue {
    const level = levelOf(parts.values());
    const values: Record<string, unknown> = {};
    for (const [key, part] of parts) values[key] = part.read();
    if (level === PRIVATE) return StoredValue.capture(values, "record");
    return new StoredValue(level, Object.freeze(values));
  }

  /** @internal The level at which it is handed out. */
  static levelOf(value: StoredValue): Level {
    return value.level;
  }

  /** @internal A value that is shared and known to be of this level. */
  static ofShared(level: Level, value: unknown): StoredValue {
    return new StoredValue(level, value);
  }

  /** The value, frozen: the same for all readers, or a new copy for each if it has parts that cannot be frozen. */
  read(): unknown {
    if (this.level === PRIVATE) return this.readCopy();
    if (this.isToBeNoted) {
      this.isToBeNoted = false;
      handedOut.set(this.shared as object, this);
    }
    return this.shared;
  }

  /** The value as superjson's document, in JSON; written once. */
  text(): string {
    return (this.written ??= encode(this.shared, this.level));
  }

  /** The value as JSON, or `null` if that would not be exact. */
  plainText(): string | null {
    return this.level === PLAIN ? JSON.stringify(this.shared) : null;
  }

  /** About how many bytes the value takes: the length of its text. */
  bytes(): number {
    return this.text().length;
  }

  /** Whether both have the same text: equal values whose keys stand in the same order. */
  equals(other: StoredValue): boolean {
    return this === other || this.text() === other.text();
  }

  /** Whether there is no value at all. */
  get isUndefined(): boolean {
    return this === UNDEFINED;
  }

  /** Whether it is an array. */
  get isArray(): boolean {
    return Array.isArray(this.level === PRIVATE ? this.readCopy() : this.shared);
  }

  /** The number of elements of an array; 0 for anything else. */
  get length(): number {
    const value = this.level === PRIVATE ? this.readCopy() : this.shared;
    return Array.isArray(value) ? value.length : 0;
  }

  /** The elements of an array, each as a stored value; throws `UsageError` if it is no array. */
  items(): StoredValue[] {
    return this.elements().map((element) => this.captureElement(element));
  }

  /** One element of an array, or stored `undefined` beyond its end. */
  item(index: number): StoredValue {
    if (this.level !== PRIVATE) return this.captureElement(this.elements()[index]);
    // Taken apart once: a copy for each element asked for would take the square of the time.
    this.parts ??= this.items();
    return this.parts[index] ?? UNDEFINED;
  }

  private static captureNumber(value: number): StoredValue {
    if (value >= 0 && value < SMALL.length) {
      const known = SMALL[value];
      if (known !== undefined && (value !== 0 || 1 / value > 0)) return known;
    }
    return new StoredValue(value - value !== 0 || value === 0 ? SHARED : PLAIN, value);
  }

  private static captureWalking(value: unknown, where: string): StoredValue {
    if (typeof value === "object" && value !== null && Object.isFrozen(value)) {
      const known = handedOut.get(value);
      if (known !== undefined) return known;
    }
    const walk = new Walk(where);
    const copy = walk.copyRoot(value);
    if (walk.level !== PRIVATE) return new StoredValue(walk.level, copy, null, NOTHING, walk.parts >= LARGE);
    return new StoredValue(PRIVATE, null, walk.encodeRoot(copy));
  }

  private static fromVerified(document: StoredDocument, text: string | null): StoredValue {
    const level = verifyDocument(document);
    const { json } = document;
    if (level === PLAIN)
      return typeof json === "object" && json !== null ? new StoredValue(PLAIN, json, text) : StoredValue.capture(json, "");
    if (level === SHARED) return new StoredValue(SHARED, decode(document), text);
    const written = text ?? JSON.stringify(document);
    return new StoredValue(PRIVATE, null, written, decode(document));
  }

  private readCopy(): unknown {
    const { ahead } = this;
    if (ahead === NOTHING) return decode(parseDocument(this.text()));
    this.ahead = NOTHING;
    return ahead;
  }

  private elements(): readonly unknown[] {
    const value = this.level === PRIVATE ? this.readCopy() : this.shared;
    if (Array.isArray(value)) return value;
    throw new UsageError("stored value: it is no array, so it has no items; ask for the value with read().");
  }

  private captureElement(element: unknown): StoredValue {
    const isShared = this.level !== PRIVATE && typeof element === "object" && element !== null;
    return isShared ? new StoredValue(this.level, element) : StoredValue.capture(element, "item");
  }
}

/** The level of a container of these values. */
function levelOf(parts: Iterable<StoredValue>): Level {
  let level: Level = PLAIN;
  for (const part of parts) if (StoredValue.levelOf(part) > level) level = StoredValue.levelOf(part);
  return level;
}

const UNDEFINED = StoredValue.ofShared(SHARED, undefined);
const NULL = StoredValue.ofShared(PLAIN, null);
const TRUE = StoredValue.ofShared(PLAIN, true);
const FALSE = StoredValue.ofShared(PLAIN, false);
const SMALL: readonly StoredValue[] = Array.from({ length: 256 }, (_, value) => StoredValue.ofShared(PLAIN, value));

/**
 * Captures a value as it is now. Throws `NotSerializableError` if it would not come back equal; the message starts with `where`
 * and the path of what is refused. That one object stands in two places of a value is no part of it: two equal copies come back.
 */
export function capture(value: unknown, where: string): StoredValue {
  return StoredValue.capture(value, where);
}
