import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CairnError, CheckpointCorruptError, chain, ExecutionContext, task, workflow } from "cairnflow";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { frame } from "../../src/file/journal-frames.js";
import { below, seeded } from "./seeded.js";

const first = task("first", async (ctx, by: number) => (await ctx.channel.increment("sum", by)) as number);
const second = task("second", (_, sum: number) => sum + 1);
const third = task("third", (_, sum: number) => sum + 1);
const target = workflow("journaled", chain(first, second, third));

let root = "";
let path = "";
let original: Buffer;

/** A run of which two steps stand in the journal and nowhere else. */
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cairnflow-journal-"));
  const context = ExecutionContext.create(target, { runId: "r1", checkpoints: root, durability: "step" });
  await context.step(5);
  await context.step();
  await context[Symbol.asyncDispose]();
  const folder = join(root, "r1/journal");
  path = join(folder, (await readdir(folder))[0] as string);
  original = await readFile(path);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const commit = (...changes: readonly object[]): string => `[{"changes":${JSON.stringify(changes)},"ops":[]}]`;
const deep = "[".repeat(100_000) + "]".repeat(100_000);

const RECORDS: Readonly<Record<string, string>> = {
  "is no JSON": "{",
  "is no list": "{}",
  "is nested deep": deep,
  "completes a task that is not there": commit({ kind: "completed", serial: 999, end: true, output: { json: 1 } }),
  "opens a member of a group that is not there": commit({ kind: "memberOpened", group: 99, member: 0 }),
  "closes a group that is not there": commit({ kind: "groupClosed", group: 99, output: { json: 1 }, end: true }),
  "fails a group that is not there": commit({ kind: "groupFailed", group: 99, error: { name: "E", message: "m" } }),
  "closes a member of nothing": commit({ kind: "memberClosed", scope: { group: 9, member: 9 } }),
  "joins in a scope that is not there": commit({
    kind: "joined",
    scope: { group: 9, member: 9 },
    node: "first",
    from: "x",
    value: { json: 1 },
  }),
  "joins at a task that is no join": commit({ kind: "joined", scope: null, node: "second", from: "x", value: { json: 1 } }),
  "is of an unknown kind": commit({ kind: "constructor" }),
  "adds to what is no list": '[{"changes":[],"ops":[{"kind":"append","key":"sum","items":[{"json":1}]}]}]',
  "writes a key __proto__": '[{"changes":[],"ops":[{"kind":"set","key":"__proto__","value":{"json":{"__proto__":{"x":1}}}}]}]',
};

describe("a journal record that", () => {
  it.each(Object.entries(RECORDS))("%s is refused, and resuming behind it still works", async (_, text) => {
    await writeFile(path, Buffer.concat([original, frame(Buffer.from(text))]));
    const error = await ExecutionContext.resume(target, { from: root, runId: "r1" }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CairnError);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
    await writeFile(path, original);
    expect(await target.resume({ from: root, runId: "r1" })).toMatchObject({ output: 7, steps: 3 });
  });
});

describe("a journal of which bytes have changed", () => {
  it("is refused, whichever bit it is", async () => {
    const random = seeded(8);
    for (let flip = 0; flip < 300; flip++) {
      const bytes = Uint8Array.from(original);
      const place = below(random, bytes.length);
      bytes[place] = (bytes[place] as number) ^ (1 << below(random, 8));
      await writeFile(path, bytes);
      await expect(ExecutionContext.resume(target, { from: root, runId: "r1" }), `byte ${place}`).rejects.toBeInstanceOf(
        CheckpointCorruptError,
      );
    }
  });
});
