import { mkdtempSync, rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { runToDeath } from "./killed-process.js";
import { leftIn, openedStore, recordOf, temporaryFolder, wholeCheckpoints } from "./support.js";
import { transpile } from "./transpile.js";

const AT_ONCE = 4;
let code = "";
let program = "";

beforeAll(() => {
  code = mkdtempSync(join(tmpdir(), "cairnflow-writer-"));
  program = transpile(new URL("./killed-writer.ts", import.meta.url), code);
});
afterAll(() => rmSync(code, { recursive: true, force: true }));

type Action = "put" | "acquire" | "release" | "journal" | "resume";
type When = "before" | "after";

/** Readies a folder; resolves to the epoch of its last owner. */
type Preparation = (store: FileCheckpointStore) => Promise<number>;

const nothing: Preparation = async () => 0;

const oneCheckpoint: Preparation = async (store) => {
  const writer = await store.acquire("r1");
  await writer.put(recordOf(1, "c1", ["old blob"]));
  await (await writer.beginJournal(1)).append(Buffer.from("early"));
  await writer.countResume("1/0");
  await writer.release();
  return writer.epoch;
};

/** The owner before has been killed, in a way that left something of a checkpoint. */
const deadOwner: Preparation = async (store) => {
  const epoch = await oneCheckpoint(store);
  await runToDeath(program, store.location, "2", "after", "7", "put");
  expect((await leftIn(store.location)).length).toBeGreaterThan(0);
  return epoch + 1;
};

/** The highest epoch that anything on the disk speaks of. */
async function epochOnDisk(root: string): Promise<number> {
  const names = await readdir(join(root, "r1/owner")).catch(() => []);
  return Math.max(0, ...names.map((name) => Number(name.split("-")[0])));
}

/** Kills a process in an action, looks at what is there, and lets another owner go on. */
async function killAndLook(prepare: Preparation, action: Action, when: When, at: number) {
  const root = await temporaryFolder();
  const store = await openedStore(root);
  const before = await prepare(store);
  const { signal, output } = await runToDeath(program, root, "2", when, String(at), action);
  const seqs = await wholeCheckpoints(store);
  const steps = [1, 2].map(async (seq) => (await store.readJournal("r1", seq)).map(String).join());
  const journals = (await Promise.all(steps)).join("|");
  const epoch = await epochOnDisk(root);
  const left = epoch === 0 ? 0 : (await leftIn(root)).length;
  const writer = await store.acquire("r1");
  expect(writer.epoch).toBeGreaterThan(Math.max(before, epoch));
  expect(await leftIn(root)).toEqual([]);
  const next = (seqs.at(-1) ?? 0) + 1;
  await writer.put(recordOf(next, "next", ["old blob", "new blob of c2"]));
  expect(await wholeCheckpoints(store)).toEqual([...seqs, next]);
  const resumes = await writer.countResume("1/0");
  return { fired: signal === "SIGKILL", output, seqs: seqs.join(), journals, resumes, left, epoch: writer.epoch };
}

type Seen = Awaited<ReturnType<typeof killAndLook>>;

async function killAtEveryCall(action: Action, when: When, prepare: Preparation = oneCheckpoint): Promise<Seen[]> {
  const calls = Number((await killAndLook(prepare, action, when, 0)).output);
  expect(calls).toBeGreaterThan(0);
  const points = Array.from({ length: calls }, (_, n) => n + 1);
  const seen: Seen[] = [];
  const work = async () => {
    for (let at = points.shift(); at !== undefined; at = points.shift()) seen.push(await killAndLook(prepare, action, when, at));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  expect(seen.filter(({ fired }) => fired)).toHaveLength(calls);
  expect(seen.map(({ output }) => output).join("")).toBe("");
  return seen;
}

const setOf = <Item>(seen: readonly Seen[], what: (one: Seen) => Item): Item[] => [...new Set(seen.map(what))].sort();

describe.each(["before", "after"] as const)("an owner killed with SIGKILL %s every file-system call", { timeout: 120_000 }, (when) => {
  it("of a put leaves the old or the new state", async () => {
    const seen = await killAtEveryCall("put", when);
    expect(seen.length).toBeGreaterThan(25);
    expect(setOf(seen, ({ seqs }) => seqs)).toEqual(["1", "1,2"]);
    expect(seen.filter(({ left }) => left > 0).length, "kills that left something to sweep").toBeGreaterThan(15);
  });

  it.each([
    ["of the first acquisition", nothing, [1, 2], ""],
    ["of an acquisition after a release", oneCheckpoint, [2, 3], "1"],
    ["of an acquisition after a death", deadOwner, [3, 4], "1"],
  ] as const)("%s leaves a run that the next one acquires in a higher epoch", async (_, prepare, epochs, seqs) => {
    const seen = await killAtEveryCall("acquire", when, prepare);
    expect(seen.length).toBeGreaterThan(15);
    expect(setOf(seen, ({ epoch }) => epoch)).toEqual(epochs);
    expect(setOf(seen, (one) => one.seqs)).toEqual([seqs]);
  });

  it("of a release leaves a run that the next one acquires in a higher epoch", async () => {
    const seen = await killAtEveryCall("release", when);
    expect(setOf(seen, ({ epoch }) => epoch)).toEqual([3]);
  });

  it("of beginning a journal and its first record leaves the journal before, or the new one", async () => {
    const seen = await killAtEveryCall("journal", when);
    expect(setOf(seen, ({ journals }) => journals)).toEqual(["early|", "|", "|late"]);
  });

  it("of counting a resume counts it or not", async () => {
    const seen = await killAtEveryCall("resume", when);
    // It counts with its last call.
    expect(setOf(seen, ({ resumes }) => resumes)).toEqual(when === "before" ? [2] : [2, 3]);
  });
});
