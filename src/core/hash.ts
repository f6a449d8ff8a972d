const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

const spread1 = (word: number): number => Math.imul(rotate(Math.imul(word, C1), 15), C2);
const spread2 = (word: number): number => Math.imul(rotate(Math.imul(word, C2), 16), C3);
const spread3 = (word: number): number => Math.imul(rotate(Math.imul(word, C3), 17), C4);
const spread4 = (word: number): number => Math.imul(rotate(Math.imul(word, C4), 18), C1);

/** Spreads every bit of a word over all of its bits. */
function finish(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return word ^ (word >>> 16);
}

/** Two UTF-16 units of a text as one word; beyond its end there are zeros. */
const wordAt = (text: string, at: number): number =>
  (at < text.length ? text.charCodeAt(at) : 0) | (at + 1 < text.length ? text.charCodeAt(at + 1) << 16 : 0);

/**
 * Four well mixed words of 32 bits, unsigned, made from a text: MurmurHash3 (x86, 128 bits) over its UTF-16 units, with a
 * seed for each word so that they differ for short texts, too.
 * It tells texts apart and seeds generators; it is no protection against someone who looks for a collision.
 */
export function hash32s(text: string): [number, number, number, number] {
  let h1 = 0x9e3779b9;
  let h2 = 0x7f4a7c15;
  let h3 = 0xf39cc060;
  let h4 = 0x5cedc834;
  const end = text.length - (text.length % 8);
  for (let at = 0; at < end; at += 8) {
    h1 = (Math.imul(rotate(h1 ^ spread1(wordAt(text, at)), 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 = (Math.imul(rotate(h2 ^ spread2(wordAt(text, at + 2)), 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 = (Math.imul(rotate(h3 ^ spread3(wordAt(text, at + 4)), 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 = (Math.imul(rotate(h4 ^ spread4(wordAt(text, at + 6)), 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  h1 ^= spread1(wordAt(text, end));
  h2 ^= spread2(wordAt(text, end + 2));
  h3 ^= spread3(wordAt(text, end + 4));
  h4 ^= spread4(wordAt(text, end + 6));
  return mixed(h1, h2, h3, h4, text.length * 2);
}

function mixed(h1: number, h2: number, h3: number, h4: number, bytes: number): [number, number, number, number] {
  h1 = ((h1 ^ bytes) + (h2 ^ bytes) + (h3 ^ bytes) + (h4 ^ bytes)) | 0;
  h2 = finish(((h2 ^ bytes) + h1) | 0);
  h3 = finish(((h3 ^ bytes) + h1) | 0);
  h4 = finish(((h4 ^ bytes) + h1) | 0);
  h1 = (finish(h1) + h2 + h3 + h4) | 0;
  return [h1 >>> 0, (h2 + h1) >>> 0, (h3 + h1) >>> 0, (h4 + h1) >>> 0];
}

/** The hash of a text as 32 hex digits. */
export const hash128 = (text: string): string =>
  hash32s(text)
    .map((word) => word.toString(16).padStart(8, "0"))
    .join("");
