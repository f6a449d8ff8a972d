import { IncompatibleCheckpointError } from "../errors.js";
import { quoted } from "../ids.js";
import { fromBase64, TYPED_ARRAYS } from "./bytes.js";
import { codecByName, type RegisteredCodec } from "./codecs.js";
import { reviveError } from "./error-part.js";
import { deepFreeze } from "./freeze.js";
import { CLASS_PREFIX } from "./part.js";
import { corruptDocument } from "./verify.js";

type Revive = (plain: unknown) => unknown;

/** How each kind of part is read; `null` says that nobody wrote it so. */
const REVIVALS: ReadonlyMap<string, Revive> = new Map<string, Revive>([
  ["null-object", (plain) => (isRecord(plain) ? Object.assign(Object.create(null), plain) : null)],
  ["date", (plain) => (plain === null ? new Date(Number.NaN) : null)],
  ["regexp", reviveRegExp],
  ["buffer", (plain) => withBytes(plain, (bytes) => Buffer.from(bytes))],
  ["array-buffer", fromBase64],
  ["typed-array", reviveTypedArray],
  ["error", reviveError],
]);

/** Throws unless parts of this name can be read here; returns whether each reader needs a copy of its own. */
export function checkPartName(name: unknown): boolean {
  if (typeof name !== "string") throw corruptDocument("a part without a name");
  if (name.startsWith(CLASS_PREFIX)) codecFor(name);
  else if (!REVIVALS.has(name)) throw corruptDocument(`an unknown part ${quoted(name)}`);
  return name !== "null-object";
}

/** Turns a part `[name, plain]` with decoded `plain` into what it stands for. */
export function revivePart(part: unknown): unknown {
  if (!Array.isArray(part) || part.length !== 2) throw corruptDocument("a part that is no pair");
  const [name, plain] = part as unknown[];
  checkPartName(name);
  const revive = REVIVALS.get(name as string);
  if (revive === undefined) return reviveInstance(codecFor(name as string), plain);
  const value = revive(plain);
  if (value === null) throw corruptDocument(`a malformed part ${quoted(name)}`);
  return value;
}

function reviveInstance(codec: RegisteredCodec, plain: unknown): unknown {
  deepFreeze(plain);
  let instance: unknown;
  try {
    instance = codec.from(plain);
  } catch (cause) {
    throw incompatible("codec-failed", `from() of codec "${codec.name}" threw`, "mend the codec so that it reads what it wrote", cause);
  }
  if (typeof instance !== "object" || instance === null || Object.getPrototypeOf(instance) !== codec.prototype) {
    throw incompatible(
      "codec-failed",
      `from() of codec "${codec.name}" gave no instance of its class`,
      "return a new instance of the class",
    );
  }
  return Object.freeze(instance);
}

function reviveRegExp(plain: unknown): RegExp | null {
  if (!Array.isArray(plain) || plain.length !== 3) return null;
  const [source, flags, lastIndex] = plain as unknown[];
  if (typeof source !== "string" || typeof flags !== "string" || !Number.isSafeInteger(lastIndex)) return null;
  const regexp = new RegExp(source, flags);
  regexp.lastIndex = lastIndex as number;
  return regexp;
}

function reviveTypedArray(plain: unknown): unknown {
  if (!Array.isArray(plain) || plain.length !== 2) return null;
  const Class = TYPED_ARRAYS.get(plain[0] as string);
  if (Class === undefined) return null;
  return withBytes(plain[1], (bytes) => (bytes.byteLength % Class.BYTES_PER_ELEMENT === 0 ? new Class(bytes) : null));
}

function withBytes(text: unknown, make: (bytes: ArrayBuffer) => unknown): unknown {
  const bytes = fromBase64(text);
  return bytes === null ? null : make(bytes);
}

function codecFor(partName: string): RegisteredCodec {
  const name = partName.slice(CLASS_PREFIX.length);
  const codec = codecByName(name);
  if (codec !== undefined) return codec;
  const fix = `call registerCodec(Class, { name: ${quoted(name)}, to, from }) before the value is read`;
  throw incompatible("codec-missing", `no codec ${quoted(name)} is registered`, fix);
}

function incompatible(kind: string, message: string, fix: string, cause?: unknown): IncompatibleCheckpointError {
  const facts = cause === undefined ? {} : { cause };
  return new IncompatibleCheckpointError(`stored value: ${message}; ${fix}.`, [{ kind, message, fix }], facts);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
