type TypedArray = ArrayBufferView<ArrayBufferLike> & { readonly length: number };
type TypedArrayClass = { readonly prototype: object; readonly BYTES_PER_ELEMENT: number; new (buffer: ArrayBuffer): TypedArray };

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const NAMES = [
  "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array",
  "Float16Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array",
]; // biome-ignore format: a table

/** The typed arrays of this version of Node by name. */
export const TYPED_ARRAYS: ReadonlyMap<string, TypedArrayClass> = new Map(
  NAMES.flatMap((name) => {
    const found = (globalThis as Record<string, unknown>)[name] as TypedArrayClass | undefined;
    return found === undefined ? [] : [[name, found] as const];
  }),
);

/** Bytes as base64, in the byte order of the machine: little-endian wherever Node runs in practice. */
export function toBase64(source: ArrayBuffer | ArrayBufferView<ArrayBufferLike>): string {
  const bytes = source instanceof ArrayBuffer ? Buffer.from(source) : Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  return bytes.toString("base64");
}

/** The bytes in memory of their own, or `null` if the text is not canonical base64. */
export function fromBase64(text: unknown): ArrayBuffer | null {
  if (typeof text !== "string" || text.length % 4 !== 0 || !BASE64.test(text)) return null;
  const pooled = Buffer.from(text, "base64");
  const bytes = new ArrayBuffer(pooled.byteLength);
  new Uint8Array(bytes).set(pooled);
  return bytes;
}
