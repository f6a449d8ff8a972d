// What is far larger than anything that is stored, on disk, in its structure, or once it is unpacked.
import { appendFileSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, gzipSync } from "node:zlib";
import { markEncoded } from "../../src/core/encoded.js";
import { frame } from "../../src/file/journal-frames.js";
import { type CheckpointKey, FileCheckpointStore } from "../../src/index.js";
import { type Papers, papersOf, sealed } from "./papers.js";
import { placeOf } from "./straight-store.js";

const MIB = 2 ** 20;
/** Each record of a state costs some hundred bytes once it is read: a process of 256 MB has room for some hundred thousand. */
const KEYS = 50_000;
const MANY = 1_000_000;

/** The files of the newest checkpoint of a stored run. */
interface Target {
  readonly root: string;
  readonly key: CheckpointKey;
}

export interface OversizedCase {
  readonly name: string;
  readonly isCoded: boolean;
  /** Puts it into a stored run. */
  readonly put: (target: Target) => Promise<void>;
}

type Place = "context.json" | "state.json" | "meta.json" | "blob" | "journal";
const PLACES: readonly Place[] = ["context.json", "state.json", "meta.json", "blob", "journal"];

function pathOf({ root, key }: Target, place: Place): string {
  if (place === "blob") return join(root, key.runId, "blobs", readdirSync(join(root, key.runId, "blobs"))[0] as string);
  if (place === "journal") return join(root, key.runId, "journal", readdirSync(join(root, key.runId, "journal"))[0] as string);
  return join(placeOf(root, key), place);
}

const plain = (name: string, put: (target: Target) => void | Promise<void>): OversizedCase => ({
  name,
  isCoded: false,
  put: async (target) => put(target),
});

/** Files that take no room on the disk, but say that they are large: too large, or just not. */
const SIZES: readonly (readonly [place: Place, size: string, bytes: number])[] = [
  ...PLACES.map((place) => [place, "1 TiB", 2 ** 40] as const),
  ...(["meta.json", "journal"] as const).map((place) => [place, "255 MiB", 255 * MIB] as const),
];
const sparse = SIZES.map(([place, size, bytes]) => plain(`${place} of ${size}`, (target) => truncateSync(pathOf(target, place), bytes)));

/** An object with many keys. */
const wide = (value: string, keys = KEYS): string => `{${Array.from({ length: keys }, (_, key) => `"key-${key}":${value}`).join()}}`;
const DEEP = 1_000_000;
const deep = (): string => "[".repeat(DEEP) + "]".repeat(DEEP);

async function putPapers({ root, key }: Target, change: (papers: Papers) => Papers): Promise<void> {
  const { files, blobs } = sealed(change(await papersOf(new FileCheckpointStore(root), key)));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(placeOf(root, key), `${name}.json`), bytes);
  for (const [digest, bytes] of blobs) writeFileSync(join(root, key.runId, "blobs", digest), bytes);
}

/** A field of a document gets another value, and all digests follow. */
const withField = (document: "context" | "state" | "meta", field: string, value: () => string): OversizedCase =>
  plain(`${document}.json with ${field} and right digests`, (target) =>
    putPapers(target, (papers) => {
      const root = { ...(JSON.parse(papers[document]) as object), [field]: "@@" };
      return { ...papers, [document]: JSON.stringify(root).replace('"@@"', value) };
    }),
  );

const structures: readonly OversizedCase[] = [
  ...(["completedTasks", "members"] as const).map((field) => withField("state", field, () => wide("1"))),
  withField("state", "pendingTasks", () => `[${"{},".repeat(KEYS)}{}]`),
  withField("state", "pendingTasks ", deep),
  withField("context", "channel", () => `{"backend":"memory","segments":[],"removed":[],"data":${wide('{"value":{"json":1}}')}}`),
  withField("context", "graph", deep),
  withField("meta", "metrics", () => wide("1")),
  withField("meta", "metadata", () => `{"json":${wide("1")}}`),
  withField("meta", "blobs", deep),
  plain("a blob with many keys and its digest right", (target) =>
    putPapers(target, (papers) => ({ ...papers, blobs: new Map([...papers.blobs.keys()].map((digest) => [digest, wide("1")])) })),
  ),
];

const withStep = (name: string, text: () => string): OversizedCase =>
  plain(`a journal with ${name}`, (target) => appendFileSync(pathOf(target, "journal"), frame(Buffer.from(text()))));

const journals: readonly OversizedCase[] = [
  withStep("a step nested deep", deep),
  withStep("many commits in one step", () => `[${'{"changes":[],"ops":[]},'.repeat(KEYS)}{}]`),
  withStep("a million keys", () => `[{"changes":[],"ops":[${`{"kind":"set","key":"a","value":{"json":${wide("1", MANY)}}}`}]},{}]`),
  plain("a journal whose last step says that it is 4 GiB long", (target) => {
    const head = Buffer.from(frame(Buffer.from("[]")));
    head.writeUInt32LE(2 ** 32 - 1, 4);
    head.writeUInt32LE(crc32(head.subarray(0, 12)), 12);
    appendFileSync(pathOf(target, "journal"), head);
  }),
];

/** Bytes that gzip unpacks to zeros: far more than it says, or as many as it says. */
function bomb(says: number, holds: number): Uint8Array {
  const head = Buffer.alloc(10);
  const zeros = Buffer.alloc(holds);
  head.writeUIntBE(says, 0, 6);
  head.writeUInt32BE(crc32(zeros), 6);
  return markEncoded("gzip", Buffer.concat([head, gzipSync(zeros, { level: 1 })]));
}

const BOMBS: readonly (readonly [name: string, says: number, holds: number])[] = [
  ["24 MiB, as it says", 24 * MIB, 24 * MIB],
  ["24 MiB, though it says 10 bytes", 10, 24 * MIB],
  ["1 TiB, as it says", 2 ** 40, MIB],
];

const bombs: readonly OversizedCase[] = PLACES.flatMap((place) =>
  BOMBS.map(([name, says, holds]) => ({
    name: `${place} that unpacks to ${name}`,
    isCoded: true,
    put: async (target: Target) => {
      const bytes = bomb(says, holds);
      writeFileSync(pathOf(target, place), place === "journal" ? frame(bytes) : bytes);
    },
  })),
);

export const OVERSIZED: readonly OversizedCase[] = [...sparse, ...structures, ...journals, ...bombs];
