import { isDeepStrictEqual } from "node:util";
import { isPlainObject } from "../core/plain-object.js";

/** Whether two values are equal; if `inAnyOrder`, lists may have their items in different order. */
export function isSameData(a: unknown, b: unknown, inAnyOrder: boolean): boolean {
  if (isDeepStrictEqual(a, b)) return true;
  if (!inAnyOrder) return false;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && isSameBag(a, b);
  if (!isPlainObject(a) || !isPlainObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSameData(a[key], b[key], true));
}

function isSameBag(a: readonly unknown[], b: readonly unknown[]): boolean {
  const left = [...b];
  return a.every((item) => {
    const place = left.findIndex((other) => isSameData(item, other, true));
    if (place >= 0) left.splice(place, 1);
    return place >= 0;
  });
}

/** How often each of some names is there. */
export function tally(names: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
