import { CheckpointCorruptError, LimitExceededError } from "./errors.js";

/** JSON from a checkpoint, read field by field: whatever is not as expected is refused, by its path. */
export class JsonReader {
  private constructor(
    readonly value: unknown,
    private readonly holder: JsonReader | null,
    private readonly name: string,
  ) {}

  /** Where the value stands, for messages: put together only when somebody asks. */
  get path(): string {
    return this.holder === null ? this.name : this.holder.path + this.name;
  }

  /** Parses a text. */
  static parse(text: string, path: string): JsonReader {
    try {
      return new JsonReader(JSON.parse(text), null, path);
    } catch {
      throw new CheckpointCorruptError(`${path} is not JSON; resume from another checkpoint.`, { file: path });
    }
  }

  /** A field of an object, looked up as an own property. */
  at(key: string): JsonReader {
    return new JsonReader(this.#own(key), this, `.${key}`);
  }

  /** Whether a field holds something. */
  has(key: string): boolean {
    const found = this.#own(key);
    return found !== undefined && found !== null;
  }

  // As `at(key)` and then the kind that is expected, without a reader in between: for the fields of records there are many of.

  textAt(key: string): string {
    const found = this.#own(key);
    return typeof found === "string" ? found : this.at(key).text();
  }

  countAt(key: string, least = 0): number {
    const found = this.#own(key);
    return typeof found === "number" && Number.isSafeInteger(found) && found >= least ? found : this.at(key).count(least);
  }

  numberAt(key: string): number {
    const found = this.#own(key);
    return typeof found === "number" ? found : this.at(key).number();
  }

  #own(key: string): unknown {
    const { value } = this;
    return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  }

  get isAbsent(): boolean {
    return this.value === undefined || this.value === null;
  }

  text(): string {
    return typeof this.value === "string" ? this.value : this.#refuse("a text");
  }

  textOrNull(): string | null {
    return this.isAbsent ? null : this.text();
  }

  /** A whole number from `least` up. */
  count(least = 0): number {
    const { value } = this;
    return typeof value === "number" && Number.isSafeInteger(value) && value >= least
      ? value
      : this.#refuse(`a whole number from ${least} up`);
  }

  countOrNull(): number | null {
    return this.isAbsent ? null : this.count();
  }

  number(): number {
    return typeof this.value === "number" ? this.value : this.#refuse("a number");
  }

  flag(): boolean {
    return typeof this.value === "boolean" ? this.value : this.#refuse("true or false");
  }

  /** One of these texts. */
  oneOf<Choice extends string>(choices: readonly Choice[]): Choice {
    return (choices as readonly unknown[]).includes(this.value) ? (this.value as Choice) : this.#refuse(`one of ${choices.join(", ")}`);
  }

  items(): JsonReader[] {
    if (!Array.isArray(this.value)) return this.#refuse("a list");
    return this.value.map((item, place) => new JsonReader(item, this, `[${place}]`));
  }

  /** The list as it is, for one who goes through many items; `item` says where one of them stands. */
  list(): readonly unknown[] {
    return Array.isArray(this.value) ? (this.value as readonly unknown[]) : this.#refuse("a list");
  }

  item(place: number): JsonReader {
    return new JsonReader(this.list()[place], this, `[${place}]`);
  }

  /** Goes through a list of keys, each with or without a record, and some with a list behind it; returns the keys. */
  pairs(take: (key: string, record: JsonReader | null, list: JsonReader | null) => void): string[] {
    if (!Array.isArray(this.value)) return this.#refuse("a list");
    return this.value.map((pair: unknown, place) => {
      const [key, record, list] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
      if (typeof key !== "string") return this.items()[place]?.at("0").text() ?? "";
      const part = (value: unknown, name: string): JsonReader | null => (value === undefined ? null : new JsonReader(value, this, name));
      take(key, part(record, `[${place}]`), part(list, `[${place}][2]`));
      return key;
    });
  }

  /** Itself, if it is an object. */
  object(): this {
    const { value } = this;
    return typeof value === "object" && value !== null && !Array.isArray(value) ? this : this.#refuse("an object");
  }

  /** The fields of an object, in order. */
  entries(): [string, JsonReader][] {
    return Object.entries(this.object().value as object).map(([key, field]) => [key, new JsonReader(field, this, `.${key}`)]);
  }

  /** The value as JSON again. */
  json(): string {
    try {
      return JSON.stringify(this.value);
    } catch (cause) {
      throw new LimitExceededError(`${this.path} is nested too deep to be read; resume from another checkpoint.`, { cause });
    }
  }

  #refuse(expected: string): never {
    const { value } = this;
    const found = value === null ? "null" : Array.isArray(value) ? "a list" : value === undefined ? "nothing" : `a ${typeof value}`;
    throw new CheckpointCorruptError(`${this.path} is ${found}: expected ${expected}; resume from another checkpoint.`);
  }
}
