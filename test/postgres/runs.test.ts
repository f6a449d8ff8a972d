import { chain, ExecutionContext, openCheckpointStore, resume, type TaskContext, task, workflow } from "cairnflow";
import { beforeAll, describe, expect, it } from "vitest";
import { CheckpointCorruptError } from "../../src/core/errors.js";
import { TestDatabase } from "./test-database.js";

let database: TestDatabase;

beforeAll(async () => {
  database = await TestDatabase.start({ anyServer: true });
  return () => database.stop();
});

const LARGE = Array.from({ length: 4_000 }, (_, place) => `line ${place}`);

/** Three tasks of which the last fails if it is told to: what comes after the checkpoint of the first is in the journal. */
function counting(failing: boolean, ran: string[] = []) {
  const first = task("first", async (ctx: TaskContext, input: number) => {
    ran.push("first");
    await ctx.channel.set("large", LARGE);
    ctx.checkpoint();
    return input + 1;
  });
  const second = task("second", (_ctx: TaskContext, input: number) => {
    ran.push("second");
    return input + 1;
  });
  const third = task("third", (_ctx: TaskContext, input: number) => {
    ran.push("third");
    if (failing) throw new RangeError("not yet");
    return input + 1;
  });
  return workflow("counting", chain(first, second, third));
}

async function failed(): Promise<string> {
  const schema = database.newSchema();
  const options = { runId: "r1", durability: "step", checkpoints: { store: database.store({ schema }), onError: false } } as const;
  await expect(ExecutionContext.create(counting(true), options).run(1)).rejects.toThrow("not yet");
  return schema;
}

describe("a run whose checkpoints are in PostgreSQL", () => {
  it("is resumed by another store with the steps of its journal, and looked at", async () => {
    const schema = await failed();
    const ran: string[] = [];
    const result = await resume(counting(false, ran), { from: database.store({ schema }), runId: "r1" });
    expect([result.status, result.output, ran]).toEqual(["completed", 4, ["third"]]);
    const history = openCheckpointStore(database.store({ schema }));
    expect(await history.runs()).toEqual(["r1"]);
    expect((await history.latest("r1"))?.channel.get("large")).toEqual(LARGE);
    expect((await history.verify("r1")).filter(({ damage }) => damage !== null)).toEqual([]);
    await history.close();
  });

  it.each([
    ["checkpoints", "context"],
    ["checkpoints", "state"],
    ["checkpoints", "meta"],
    ["blobs", "bytes"],
    ["journal", "record"],
  ])("is not resumed from %s whose %s has changed", async (table, column) => {
    const schema = await failed();
    const flipped = `set_byte(${column}, length(${column}) / 2, get_byte(${column}, length(${column}) / 2) # 1)`;
    const changed = await database.ask(`UPDATE ${schema}.${table} SET ${column} = ${flipped} RETURNING 1 AS one`);
    expect(changed.length).toBeGreaterThan(0);
    const ran: string[] = [];
    const resumed = resume(counting(false, ran), { from: database.store({ schema }), runId: "r1" });
    await expect(resumed).rejects.toThrow(CheckpointCorruptError);
    expect(ran).toEqual([]);
  });
});
