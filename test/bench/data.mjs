/** The state that durable workloads carry: `chunks` pieces of about 1 KB each, of which one is replaced per iteration. */

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789      ";
const CHUNK = 980;

let seed = 42;
function random() {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
}

const text = () => Array.from({ length: CHUNK }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join("");

// Made once, so that a patch costs next to nothing inside a timed loop.
const POOL = Array.from({ length: 512 }, text);

/** 10 chunks are 10 KB, 1,024 are 1 MB. */
export const makeState = (chunks) => ({ n: 0, chunks: Array.from({ length: chunks }, (_, id) => chunkOf(id)) });

/** What iteration `i` writes: about 1 KB. */
export const makePatch = (i, chunks) => ({ n: i + 1, place: i % chunks, chunk: chunkOf(i) });

const chunkOf = (i) => ({ id: i, at: 1_700_000_000_000 + i, text: POOL[i % POOL.length] });

/** What iteration `i` adds to a log: 150 bytes of JSON. */
export const logEntry = (i) => ({ i, at: 1_700_000_000_000 + i, text: POOL[i % POOL.length].slice(0, 114 - String(i).length) });
