import { CairnError, NotSerializableError } from "../errors.js";
import { TYPED_ARRAYS, toBase64 } from "./bytes.js";
import { codecOfPrototype, type RegisteredCodec } from "./codecs.js";
import type { Copier } from "./copier.js";
import { BUILT_IN_ERRORS, copyError } from "./error-part.js";
import { checkOnly } from "./exact-properties.js";
import { isGuard } from "./freeze.js";
import { PRIVATE } from "./limits.js";
import { CLASS_PREFIX, Part } from "./part.js";
import { PathLabel, UNSEEN } from "./path.js";

type Copy = (walk: Copier, source: never) => unknown;

/** Copies what is neither a plain object nor an array into what superjson can write, or refuses it. */
export function copySpecial(walk: Copier, source: object, prototype: object): unknown {
  const codec = codecOfPrototype(prototype);
  const copy = codec === undefined ? COPIES.get(prototype) : undefined;
  if (codec === undefined && copy === undefined) return refuseInstance(walk, prototype);
  walk.note(PRIVATE);
  if (codec !== undefined) return copyInstance(walk, source, codec);
  try {
    return walk.inside(source, () => copy?.(walk, source as never));
  } catch (error) {
    if (error instanceof CairnError) throw error;
    return walk.refuseAt(UNSEEN, "built-in prototype on an object that is none", "store plain data instead");
  }
}

function copyInstance(walk: Copier, source: object, codec: RegisteredCodec): unknown {
  let plain: unknown;
  try {
    plain = codec.to(source);
  } catch (error) {
    throw new NotSerializableError(`${walk.path()}: to() of codec "${codec.name}" threw; mend the codec.`, { cause: error });
  }
  return walk.inside(source, () => Part.named(CLASS_PREFIX + codec.name, walk.copyPart(UNSEEN, plain)));
}

function copyMap(walk: Copier, source: Map<unknown, unknown>): unknown {
  checkOnly(walk, source, (name) => isGuard(source, name));
  const copy = new Map<unknown, unknown>();
  let row = 0;
  for (const [key, value] of Map.prototype.entries.call(source)) {
    walk.inside(copy, () => {
      const keyCopy = walk.copyPart(new PathLabel(`<key ${row}>`), key);
      copy.set(keyCopy, walk.copyPart(new PathLabel(`<${row}>`), value));
    });
    row++;
  }
  return copy;
}

function copySet(walk: Copier, source: Set<unknown>): unknown {
  checkOnly(walk, source, (name) => isGuard(source, name));
  const copy = new Set<unknown>();
  for (const member of Set.prototype.values.call(source)) copy.add(walk.copyPart(new PathLabel(`<${copy.size}>`), member));
  return copy;
}

function copyDate(walk: Copier, source: Date): unknown {
  checkOnly(walk, source, (name) => isGuard(source, name));
  const time = Date.prototype.getTime.call(source);
  return Number.isNaN(time) ? Part.named("date", null) : new Date(time);
}

function copyRegExp(walk: Copier, source: RegExp): unknown {
  checkOnly(walk, source, (name) => name === "lastIndex");
  const { lastIndex } = source;
  if (!Number.isSafeInteger(lastIndex) || lastIndex < 0) walk.refuseAt("lastIndex", "not a position", "set it to 0");
  return lastIndex === 0 ? new RegExp(source.source, source.flags) : Part.named("regexp", [source.source, source.flags, lastIndex]);
}

function copyUrl(walk: Copier, source: URL): unknown {
  checkOnly(walk, source, () => false);
  const copy = new URL(source.href);
  if (copy.href !== source.href) walk.refuseAt(UNSEEN, "URL that does not parse to itself", "store its text instead");
  return copy;
}

function copyArrayBuffer(walk: Copier, source: ArrayBuffer): unknown {
  checkOnly(walk, source, () => false);
  checkBuffer(walk, source);
  return Part.named("array-buffer", toBase64(source));
}

const copyBytes =
  (name: string): Copy =>
  (walk, source: ArrayBufferView<ArrayBufferLike> & { readonly length: number }) => {
    checkOnly(walk, source, (key) => /^\d+$/.test(key));
    checkBuffer(walk, source.buffer);
    return name === "Buffer" ? Part.named("buffer", toBase64(source)) : Part.named("typed-array", [name, toBase64(source)]);
  };

/** Memory that is shared, may grow or is gone would come back as something else. */
function checkBuffer(walk: Copier, buffer: ArrayBufferLike): void {
  const { resizable, detached } = buffer as { resizable?: boolean; detached?: boolean };
  if (!(buffer instanceof ArrayBuffer)) walk.refuseAt(UNSEEN, "view of shared memory", "store a copy: new Uint8Array(view)");
  if (resizable === true || detached === true) walk.refuseAt(UNSEEN, "resizable or detached ArrayBuffer", "store a copy of fixed length");
}

const COPIES: ReadonlyMap<object, Copy> = new Map<object, Copy>([
  [Map.prototype, copyMap],
  [Set.prototype, copySet],
  [Date.prototype, copyDate],
  [RegExp.prototype, copyRegExp],
  [URL.prototype, copyUrl],
  [ArrayBuffer.prototype, copyArrayBuffer],
  [Buffer.prototype as object, copyBytes("Buffer")],
  ...[...TYPED_ARRAYS].map(([name, Class]) => [Class.prototype, copyBytes(name)] as const),
  ...[...BUILT_IN_ERRORS].map(([name, Class]) => [Class.prototype as object, copyError(name)] as const),
]);

function refuseInstance(walk: Copier, prototype: object): never {
  const found: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  const name: unknown = typeof found === "function" ? Object.getOwnPropertyDescriptor(found, "name")?.value : undefined;
  if (typeof name !== "string" || !/^[\w$]{1,80}$/.test(name))
    return walk.refuse("object with a prototype of its own", "copy it into a plain object");
  if (name === "Promise") return walk.refuse("Promise", "await it first");
  if (name === "Object" || name === "Array") return walk.refuse(`${name} of another realm`, "copy it with structuredClone");
  if ((globalThis as Record<string, unknown>)[name] === found) return walk.refuse(name, "store plain data instead");
  return walk.refuse(`instance of ${name}`, `registerCodec(${name}, { name, to, from }) makes it storable`);
}
