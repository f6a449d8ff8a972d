/** Values that cross by value: captured exactly or refused, read frozen, written as superjson's documents. */
export { type Codec, registerCodec } from "./codecs.js";
export type { StoredDocument } from "./document.js";
export { BIGINT_DIGITS, DEPTH_LIMIT, isForbiddenKey } from "./limits.js";
export { capture, StoredValue } from "./stored-value.js";
