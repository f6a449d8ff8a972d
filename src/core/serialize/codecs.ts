import { DuplicateIdError, InvalidOptionError } from "../errors.js";
import { checkedId } from "../ids.js";

/** How instances of a class are stored: `to` gives a storable value, `from` makes an equal instance of it. */
export interface Codec<T, Plain> {
  readonly name: string;
  to(value: T): Plain;
  from(plain: Plain): T;
}

/** A codec as the registry keeps it. */
export interface RegisteredCodec {
  readonly name: string;
  readonly prototype: object;
  to(value: unknown): unknown;
  from(plain: unknown): unknown;
}

interface Registry {
  readonly byName: Map<string, RegisteredCodec>;
  readonly byPrototype: Map<object, RegisteredCodec>;
}

const REGISTRY = Symbol.for("cairnflow.codecs/1");

/** The one registry of this process: kept on `globalThis`, so that two copies of the package agree. */
function registry(): Registry {
  const holder = globalThis as { [REGISTRY]?: Registry };
  return (holder[REGISTRY] ??= { byName: new Map(), byPrototype: new Map() });
}

/**
 * Makes instances of a class storable, in this whole process. `to` must not keep or change the instance; `from` gets a frozen value.
 * A subclass needs a codec of its own. Throws `DuplicateIdError` if the name belongs to another class, or the class has another name.
 *
 * ```ts
 * registerCodec(Money, { name: "Money", to: (money) => money.cents, from: (cents) => new Money(cents) });
 * ```
 */
export function registerCodec<T, Plain>(Class: abstract new (...args: never[]) => T, codec: Codec<T, Plain>): void {
  const prototype = checkedPrototype(Class);
  if (typeof codec?.to !== "function" || typeof codec.from !== "function") {
    throw new InvalidOptionError("codec: expected { name, to, from } with two functions; see registerCodec.");
  }
  const name = checkedId(codec.name, "codec name");
  const { byName, byPrototype } = registry();
  const holder = byName.get(name);
  if (holder !== undefined && holder.prototype !== prototype) {
    throw new DuplicateIdError(`codec name "${name}" is taken by another class; choose another name.`);
  }
  const earlier = byPrototype.get(prototype);
  if (earlier !== undefined && earlier.name !== name) {
    throw new DuplicateIdError(`codec name "${name}": the class is registered as "${earlier.name}" already; use one name for one class.`);
  }
  const entry: RegisteredCodec = {
    name,
    prototype,
    to: (value) => codec.to(value as T),
    from: (plain) => codec.from(plain as Plain),
  };
  byName.set(name, entry);
  byPrototype.set(prototype, entry);
}

/** The codec of the class whose `prototype` this is. */
export function codecOfPrototype(prototype: object): RegisteredCodec | undefined {
  return registry().byPrototype.get(prototype);
}

/** The codec with this name. */
export function codecByName(name: string): RegisteredCodec | undefined {
  return registry().byName.get(name);
}

function checkedPrototype(Class: unknown): object {
  const prototype: unknown = typeof Class === "function" ? Class.prototype : undefined;
  if (typeof prototype !== "object" || prototype === null) throw new InvalidOptionError("codec: expected a class as the first argument.");
  const name = (Class as { name?: unknown }).name;
  const builtin = typeof name === "string" ? (globalThis as Record<string, unknown>)[name] : undefined;
  if (builtin === Class && Function.prototype.toString.call(Class).includes("[native code]")) {
    throw new InvalidOptionError(`codec: ${String(name)} is built in; register a class of your own.`);
  }
  return prototype;
}
