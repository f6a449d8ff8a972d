/** Whether two values are the same but for identity: an oracle that knows nothing of the code under test. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof URL) return a.href === (b as URL).href;
  if (a instanceof Map) return sameList([...a].flat(), [...(b as typeof a)].flat());
  if (a instanceof Set) return sameList([...a], [...(b as typeof a)]);
  if (a instanceof ArrayBuffer) return Buffer.from(a).equals(Buffer.from(b as ArrayBuffer));
  if (ArrayBuffer.isView(a)) return bytes(a).equals(bytes(b as typeof a));
  if (a instanceof RegExp && String(a) !== String(b)) return false;
  const keys = Reflect.ownKeys(a);
  if (!sameList(keys.map(String).sort(), Reflect.ownKeys(b).map(String).sort())) return false;
  return keys.every((key) => sameProperty(a, b, key));
}

const bytes = (view: ArrayBufferView<ArrayBufferLike>): Buffer => Buffer.from(view.buffer, view.byteOffset, view.byteLength);

function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((part, index) => same(part, b[index]));
}

function sameProperty(a: object, b: object, key: string | symbol): boolean {
  const enumerable = Object.prototype.propertyIsEnumerable;
  return enumerable.call(a, key) === enumerable.call(b, key) && same(Reflect.get(a, key), Reflect.get(b, key));
}
