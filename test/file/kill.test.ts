import { mkdtempSync, rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { runToDeath } from "./killed-process.js";
import { recordOf, temporaryFolder, wholeCheckpoints } from "./support.js";
import { transpile } from "./transpile.js";

const AT_ONCE = 4;
let code = "";
let writer = "";

beforeAll(() => {
  code = mkdtempSync(join(tmpdir(), "cairnflow-writer-"));
  writer = transpile(new URL("./killed-writer.ts", import.meta.url), code);
});
afterAll(() => rmSync(code, { recursive: true, force: true }));

const write = (root: string, ...args: readonly string[]) => runToDeath(writer, root, ...args);

/** A store with one checkpoint, and the folder it is in. */
async function withOne(): Promise<{ root: string; store: FileCheckpointStore }> {
  const root = await temporaryFolder();
  const store = new FileCheckpointStore(root);
  await store.open();
  await store.put(recordOf(1, "c1", ["old blob"]));
  return { root, store };
}

async function killAndLook(when: "before" | "after", at: number): Promise<{ fired: boolean; seqs: string; left: number }> {
  const { root, store } = await withOne();
  const { signal, output } = await write(root, "2", when, String(at));
  expect(output).toBe("");
  const seqs = (await wholeCheckpoints(store)).join();
  const left = (await readdir(join(root, "r1/tmp"))).length;
  const afterwards = new FileCheckpointStore(root);
  await afterwards.open();
  const next = seqs === "1" ? 2 : 3;
  await afterwards.put(recordOf(next, "next", ["old blob", "new blob of c2"]));
  expect(await wholeCheckpoints(afterwards)).toEqual(seqs === "1" ? [1, 2] : [1, 2, 3]);
  expect(await readdir(join(root, "r1/tmp"))).toEqual([]);
  return { fired: signal === "SIGKILL", seqs, left };
}

describe("a writer killed with SIGKILL", () => {
  it.each(["before", "after"] as const)(
    "leaves the old or the new state %s every file-system call of a put",
    { timeout: 120_000 },
    async (when) => {
      const calls = Number((await write((await withOne()).root, "2", "before", "0")).output);
      expect(calls).toBeGreaterThan(30);
      const points = Array.from({ length: calls }, (_, n) => n + 1);
      const seen: Awaited<ReturnType<typeof killAndLook>>[] = [];
      const work = async () => {
        for (let at = points.shift(); at !== undefined; at = points.shift()) seen.push(await killAndLook(when, at));
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      expect(seen.filter(({ fired }) => fired)).toHaveLength(calls);
      expect(new Set(seen.map(({ seqs }) => seqs))).toEqual(new Set(["1", "1,2"]));
      expect(seen.filter(({ left }) => left > 0).length, "kills that left something to sweep").toBeGreaterThan(15);
    },
  );
});
