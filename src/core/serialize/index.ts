/** Values that cross by value: captured exactly or refused, read frozen, written as superjson's documents. */
export { type Codec, registerCodec } from "./codecs.js";
export { verifyPlain } from "./document.js";
export { capture, StoredValue } from "./stored-value.js";
