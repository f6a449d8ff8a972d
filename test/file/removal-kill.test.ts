import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemFs } from "../../src/file/durable-fs.js";
import { runToDeath } from "./killed-process.js";
import { digestOf, leftIn, openedStore, put, recordOf, temporaryFolder, wholeCheckpoints } from "./support.js";
import { transpile } from "./transpile.js";

let code = "";
let writer = "";

beforeAll(() => {
  code = mkdtempSync(join(tmpdir(), "cairnflow-remover-"));
  writer = transpile(new URL("./killed-writer.ts", import.meta.url), code);
});
afterAll(() => rmSync(code, { recursive: true, force: true }));

/** Three checkpoints, of which the second is pinned. */
async function withThree(): Promise<string> {
  const root = await temporaryFolder();
  const store = await openedStore(root);
  for (const seq of [1, 2, 3]) await put(store, recordOf(seq, `c${seq}`, ["old blob"]));
  await store.pin({ runId: "r1", seq: 2, id: "c2" }, true);
  return root;
}

/** Kills one action, looks at what is there, then deletes what is left to delete and stores another. */
async function killAndLook(action: "delete" | "pin", when: string, at: number) {
  const root = await withThree();
  const { signal, output } = await runToDeath(writer, root, "1", when, String(at), action);
  expect(output).toBe("");
  const afterwards = await openedStore(root);
  const seqs = await wholeCheckpoints(afterwards);
  const pins = await afterwards.pins("r1");
  const left = (await leftIn(root)).length;
  expect(pins).toContain("c2");
  await afterwards.pin({ runId: "r1", seq: 1, id: "c1" }, false);
  expect(await afterwards.delete({ runId: "r1", seq: 1, id: "c1" })).toBe(seqs.includes(1));
  await put(afterwards, recordOf(4, "c4", ["old blob"]));
  expect(await wholeCheckpoints(afterwards)).toEqual([2, 3, 4]);
  expect(await leftIn(root)).toEqual([]);
  return { fired: signal === "SIGKILL", seqs: seqs.join(), pins: pins.join(), left };
}

async function killEverywhere(action: "delete" | "pin", when: string) {
  const calls = Number((await runToDeath(writer, await withThree(), "1", "before", "0", action)).output);
  const seen = [];
  for (let at = 1; at <= calls; at++) seen.push(await killAndLook(action, when, at));
  expect(seen.filter(({ fired }) => fired)).toHaveLength(calls);
  return seen;
}

describe.each(["before", "after"])("a process killed with SIGKILL %s every file-system call", (when) => {
  it("of a deletion leaves the old or the new state, and what is left of it is swept", { timeout: 60_000 }, async () => {
    const seen = await killEverywhere("delete", when);
    expect(seen.length).toBeGreaterThan(8);
    expect(new Set(seen.map(({ seqs }) => seqs))).toEqual(new Set(["1,2,3", "2,3"]));
    expect(seen.filter(({ left }) => left > 0).length, "kills that left something to sweep").toBeGreaterThan(0);
  });

  it("of a pin leaves the checkpoint pinned or not, and loses nothing", { timeout: 60_000 }, async () => {
    const seen = await killEverywhere("pin", when);
    expect(new Set(seen.map(({ seqs }) => seqs))).toEqual(new Set(["1,2,3"]));
    expect(new Set(seen.map(({ pins }) => pins))).toEqual(new Set(["c2", "c1,c2"]));
  });
});

/** A run without checkpoints that has the blob of one that was deleted. */
async function withOldBlob(): Promise<string> {
  const root = await temporaryFolder();
  const store = await openedStore(root);
  await put(store, recordOf(1, "c1", ["old blob"]));
  await store.delete({ runId: "r1", seq: 1, id: "c1" });
  return root;
}

/** The checkpoint is in its place, and was seen to have its blob, when another process begins to delete that, and dies. */
async function putAndKill(when: string, at: number) {
  const root = await withOldBlob();
  const killed: { signal: string | null; output: string }[] = [];
  const syncDirectory = async (path: string): Promise<void> => {
    if (path === join(root, "r1/checkpoints")) killed.push(await runToDeath(writer, root, "1", when, String(at), "blob"));
    await systemFs.syncDirectory(path);
  };
  await put(await openedStore(root, { ...systemFs, syncDirectory }), recordOf(2, "c2", ["old blob"]));
  expect(killed).toEqual([{ signal: at === 0 ? null : "SIGKILL", output: expect.stringMatching(at === 0 ? /^\d+$/ : /^$/) }]);
  const left = (await leftIn(root)).length;
  const afterwards = await openedStore(root);
  expect(await wholeCheckpoints(afterwards), `killed ${when} call ${at}, before the next owner`).toEqual([2]);
  await (await afterwards.acquire("r1")).release();
  expect(await wholeCheckpoints(afterwards), `killed ${when} call ${at}`).toEqual([2]);
  expect(await leftIn(root)).toEqual([]);
  return { left, calls: Number(killed[0]?.output) };
}

describe.each(["before", "after"])("a process killed with SIGKILL %s every file-system call of the deletion of a blob", (when) => {
  it("takes none from a checkpoint that was stored meanwhile", { timeout: 60_000 }, async () => {
    const { calls } = await putAndKill(when, 0);
    let leftovers = 0;
    for (let at = 1; at <= calls; at++) leftovers += (await putAndKill(when, at)).left;
    expect(leftovers, "kills that left something to sweep").toBeGreaterThan(0);
  });

  it("leaves one that nothing names there, to be deleted again, or gone", { timeout: 60_000 }, async () => {
    const calls = Number((await runToDeath(writer, await withOldBlob(), "1", when, "0", "blob")).output);
    const found: string[] = [];
    for (let at = 1; at <= calls; at++) {
      const root = await withOldBlob();
      expect(await runToDeath(writer, root, "1", when, String(at), "blob")).toEqual({ signal: "SIGKILL", output: "" });
      const store = await openedStore(root);
      await (await store.acquire("r1")).release();
      const blobs = await store.blobs("r1");
      found.push(blobs.join());
      expect(await store.deleteBlob("r1", digestOf("old blob"))).toBe(blobs.length > 0);
      expect([await store.blobs("r1"), await leftIn(root)]).toEqual([[], []]);
    }
    expect(new Set(found)).toEqual(when === "before" ? new Set([digestOf("old blob")]) : new Set([digestOf("old blob"), ""]));
  });
});
