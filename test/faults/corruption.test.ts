import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { openCheckpointStore } from "cairnflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DamagedRun, type Expected, unrefused } from "./damage.js";
import { flipped } from "./flipped.js";
import { below, fromEnvironment, seeded } from "./seeded.js";

const FLIPS = fromEnvironment("CAIRNFLOW_FLIPS", 100);
const FILES = ["context", "state", "meta"] as const;

let run: DamagedRun;
beforeAll(async () => {
  run = await new DamagedRun().prepare();
});
afterAll(() => run.remove());

/** The id of the checkpoint before the newest. */
const before = (): string => run.keys.at(-2)?.id as string;

/** Puts other bytes, or none, in the place of a file, looks, and mends it. */
async function damaged(path: string, bytes: Uint8Array | null, expected: Omit<Expected, "bytes">, hasDigest: boolean): Promise<string[]> {
  const original = readFileSync(path);
  if (bytes === null) rmSync(path);
  else writeFileSync(path, bytes);
  try {
    return await unrefused(run.store, run.newest, { ...expected, bytes: hasDigest ? bytes : null });
  } finally {
    writeFileSync(path, original);
  }
}

const inFile = (file: (typeof FILES)[number]): Omit<Expected, "bytes"> => ({ file: `${file}.json`, intact: before() });
const inBlob = (path: string): Omit<Expected, "bytes"> => ({ file: `blob ${basename(path)}`, intact: undefined });

describe("a checkpoint of which bytes have changed", { timeout: 120_000 }, () => {
  it("is whole and can be resumed before anything is changed", async () => {
    expect((await openCheckpointStore(run.root).verify("training-1")).map(({ damage }) => damage)).toEqual([null, null, null]);
    expect(run.blobs().length).toBeGreaterThan(1);
  });

  it.each(FILES)("is refused wherever a byte of %s.json has flipped, with what was found and what is whole", async (file) => {
    const random = seeded(FILES.indexOf(file));
    const path = run.pathOf(run.newest, file);
    const original = readFileSync(path);
    const wrong: string[] = [];
    for (let count = 0; count < FLIPS; count++)
      wrong.push(...(await damaged(path, flipped(original, random), inFile(file), file !== "meta")));
    expect(wrong).toEqual([]);
  });

  it("is refused wherever a byte of a blob has flipped", async () => {
    const random = seeded(4);
    const wrong: string[] = [];
    for (let count = 0; count < FLIPS; count++) {
      const path = run.blobs()[count % run.blobs().length] as string;
      wrong.push(...(await damaged(path, flipped(readFileSync(path), random), inBlob(path), true)));
    }
    expect(wrong).toEqual([]);
  });

  it("is refused if a file or blob is cut off, longer, or gone", async () => {
    const random = seeded(5);
    const wrong: string[] = [];
    const places = [...FILES.map((file) => [run.pathOf(run.newest, file), inFile(file), file !== "meta"] as const)];
    for (const [path, expected, hasDigest] of [...places, ...run.blobs().map((path) => [path, inBlob(path), true] as const)]) {
      const original = readFileSync(path);
      const lengths = [0, 1, original.length - 1, ...Array.from({ length: 20 }, () => below(random, original.length))];
      for (const length of lengths) wrong.push(...(await damaged(path, original.subarray(0, length), expected, hasDigest)));
      for (const more of ["\n", " ", "\0", "{}"]) {
        wrong.push(...(await damaged(path, Buffer.concat([original, Buffer.from(more)]), expected, hasDigest)));
        wrong.push(...(await damaged(path, Buffer.concat([Buffer.from("\ufeff"), original]), expected, hasDigest)));
      }
      wrong.push(...(await damaged(path, null, expected, false)));
    }
    expect(wrong).toEqual([]);
  });

  it.each(FILES)("is refused with the %s.json of the checkpoint before it", async (file) => {
    const other = readFileSync(run.pathOf(run.keys.at(-2) as (typeof run.keys)[0], file));
    expect(other.equals(readFileSync(run.pathOf(run.newest, file)))).toBe(false);
    expect(await damaged(run.pathOf(run.newest, file), other, inFile(file), file !== "meta")).toEqual([]);
  });

  it("is refused in the folder of another one, however whole it is", async () => {
    const [oldest, one, two] = run.keys.map((key) => run.folderOf(key)) as [string, string, string];
    const swap = (): void => {
      renameSync(one, `${one}-aside`);
      renameSync(two, one);
      renameSync(`${one}-aside`, two);
    };
    swap();
    try {
      const expected = { file: "meta.json", intact: run.keys[0]?.id, bytes: null };
      for (const key of run.keys.slice(1)) expect(await unrefused(run.store, key, expected)).toEqual([]);
    } finally {
      swap();
    }
    expect(readFileSync(`${oldest}/meta.json`).length).toBeGreaterThan(0);
  });
});
