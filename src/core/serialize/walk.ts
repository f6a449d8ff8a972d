import { CairnError, NotSerializableError } from "../errors.js";
import type { Copier } from "./copier.js";
import { encode } from "./document.js";
import { checkElements, checkProperties } from "./exact-properties.js";
import { BIGINT_DIGITS, DEPTH_LIMIT, isForbiddenKey, type Level, PART_LIMIT, PLAIN, SHARED, WORK_LIMIT } from "./limits.js";
import { type PathKey, pathText, UNSEEN } from "./path.js";
import { copySpecial } from "./special.js";

const BIGINT_BOUND = 10n ** BigInt(BIGINT_DIGITS);

/** The one walk over a value: copies and freezes it, notes how it can be shared, and refuses what would not come back equal. */
export class Walk implements Copier {
  level: Level = PLAIN;
  /** How many parts have been copied. */
  parts = 0;
  private depth = 0;
  private work = 0;
  /** `keys[d]` leads out of `parents[d]`; slot `depth - 1` belongs to the container being copied. */
  private readonly keys: PathKey[] = [];
  private readonly parents: object[] = [];

  constructor(private readonly where: string) {}

  /** Copies the whole value; throws nothing but `NotSerializableError`. */
  copyRoot(value: unknown): unknown {
    try {
      return this.copy(value);
    } catch (error) {
      if (error instanceof CairnError) throw error;
      throw new NotSerializableError(`${this.path()}: cannot be read; store plain data instead.`, { cause: error });
    }
  }

  /** Writes the copy of the whole value; throws nothing but `NotSerializableError`. */
  encodeRoot(copy: unknown): string {
    try {
      return encode(copy, this.level);
    } catch (error) {
      throw new NotSerializableError(`${this.where}: too large or too deep to be written; split it.`, { cause: error });
    }
  }

  private copy(value: unknown): unknown {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        if (value - value !== 0 || (value === 0 && 1 / value < 0)) this.note(SHARED);
        return value;
      case "undefined":
        this.note(SHARED);
        return value;
      case "bigint":
        if (value >= BIGINT_BOUND || -value >= BIGINT_BOUND)
          this.refuse(`bigint of more than ${BIGINT_DIGITS} digits`, "store its bytes instead");
        this.note(SHARED);
        return value;
      case "object":
        return value === null ? null : this.copyObject(value);
      default:
        return this.refuse(typeof value, "store data instead, such as a name that leads to it");
    }
  }

  copyPart(key: PathKey, value: unknown): unknown {
    this.keys[this.depth - 1] = key;
    return this.copy(value);
  }

  inside<T>(container: object, body: () => T): T {
    this.enter(container);
    const result = body();
    this.leave(1);
    return result;
  }

  note(level: Level): void {
    if (level > this.level) this.level = level;
    this.work += this.depth;
    if (this.work > WORK_LIMIT) this.refuse("too many rich values this deep", "make the value flatter or split it");
  }

  refuse(what: string, advice: string): never {
    throw new NotSerializableError(`${this.path()}: ${what}; ${advice}.`);
  }

  refuseAt(key: PathKey, what: string, advice: string): never {
    this.keys[this.depth - 1] = key;
    return this.refuse(what, advice);
  }

  private copyObject(source: object): unknown {
    const prototype = Object.getPrototypeOf(source) as object | null;
    if (prototype === Object.prototype) return this.copyRecord(source, false);
    if (prototype === Array.prototype && Array.isArray(source)) return this.copyArray(source);
    if (prototype !== null) return copySpecial(this, source, prototype);
    this.note(SHARED);
    return this.inside({}, () => this.copyRecord(source, true));
  }

  private copyRecord(source: object, bare: boolean): object {
    this.enter(source);
    checkProperties(this, source);
    const copy: Record<string, unknown> = bare ? Object.assign(Object.create(null), source) : { ...source };
    const keys = Object.keys(copy);
    for (const key of keys) {
      if (isForbiddenKey(key)) this.refuseAt(key, `key ${key}`, "rename it: it could change a prototype");
      const value = copy[key];
      if (typeof value === "string") continue;
      const part = this.copyPart(key, value);
      if (part !== value) copy[key] = part;
    }
    this.leave(keys.length);
    return Object.freeze(copy);
  }

  private copyArray(source: unknown[]): object {
    this.enter(source);
    checkElements(this, source);
    const copy = source.slice();
    for (let index = 0; index < copy.length; index++) {
      const value = copy[index];
      if (typeof value === "string") continue;
      const part = this.copyPart(index, value);
      if (part !== value) copy[index] = part;
    }
    this.leave(copy.length);
    return Object.freeze(copy);
  }

  private enter(container: object): void {
    if (this.depth >= DEPTH_LIMIT) this.refuseDepth(container);
    this.parents[this.depth] = container;
    this.keys[this.depth++] = UNSEEN;
  }

  /** Cycles need no search of their own: they are what makes a value deeper than the limit. */
  private refuseDepth(container: object): never {
    const chain = [...this.parents.slice(0, this.depth), container];
    const again = chain.findIndex((parent, index) => chain.indexOf(parent) < index);
    if (again < 0) this.refuse(`more than ${DEPTH_LIMIT} levels`, "make the value flatter");
    this.depth = again;
    return this.refuse("circular reference", "store an id instead of the object");
  }

  private leave(parts: number): void {
    this.depth--;
    this.parts += parts;
    if (this.parts > PART_LIMIT)
      this.refuse(`more than ${PART_LIMIT} parts`, "split the value; a part used in many places is written in each");
  }

  path(): string {
    return this.where + pathText(this.keys, this.depth);
  }
}
