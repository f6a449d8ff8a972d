function refuseChange(): never {
  throw new TypeError("A stored value is frozen: copy it before you change it.");
}

const guard: PropertyDescriptor = { value: refuseChange, enumerable: false, writable: false, configurable: false };
const guardsFor = (names: readonly string[]): PropertyDescriptorMap => Object.fromEntries(names.map((name) => [name, guard]));

const MAP_GUARDS = guardsFor(["set", "delete", "clear"]);
const SET_GUARDS = guardsFor(["add", "delete", "clear"]);
const DATE_GUARDS = guardsFor(Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith("set")));

/** Whether a property is one that freezing puts on a Map, Set or Date: it is no part of the value. */
export function isGuard(source: object, name: string): boolean {
  return Object.getOwnPropertyDescriptor(source, name)?.value === refuseChange;
}

/**
 * Freezes a value that was just decoded, with all that is in it. Maps, Sets and Dates get methods of their own that throw.
 * RegExps, URLs, ArrayBuffers and typed arrays cannot be frozen (or not without harm): each reader has its own copy.
 * An instance of a user's class is left as its codec made it; it was frozen on the way.
 */
export function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null || Array.isArray(value)) freezeParts(Object.values(value));
  else if (prototype === Map.prototype) freezeMap(value as Map<unknown, unknown>);
  else if (prototype === Set.prototype) freezeSet(value as Set<unknown>);
  else if (prototype === Date.prototype) Object.defineProperties(value, DATE_GUARDS);
  else if (value instanceof Error)
    freezeParts(Object.getOwnPropertyNames(value).map((name) => Object.getOwnPropertyDescriptor(value, name)?.value));
  else return;
  Object.freeze(value);
}

function freezeParts(parts: readonly unknown[]): void {
  for (const part of parts) deepFreeze(part);
}

function freezeMap(map: Map<unknown, unknown>): void {
  for (const [key, value] of map) {
    deepFreeze(key);
    deepFreeze(value);
  }
  Object.defineProperties(map, MAP_GUARDS);
}

function freezeSet(set: Set<unknown>): void {
  for (const member of set) deepFreeze(member);
  Object.defineProperties(set, SET_GUARDS);
}
