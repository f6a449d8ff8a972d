import {
  chain,
  ExecutionContext,
  each,
  MemoryChannel,
  MemoryCheckpointStore,
  parallel,
  SchemaError,
  type TaskContext,
  task,
  typedChannel,
  workflow,
} from "cairnflow";
import { simulatedClock } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { failureOf, onClock } from "./support/tools.js";

interface State {
  count: number;
  list: number[];
  doc: { readonly words: readonly string[] };
  note: string;
}
type Ctx = TaskContext<State>;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const hundred = Array.from({ length: 100 }, (_, n) => n);

async function endOf(flow: Parameters<typeof ExecutionContext.create>[0], input?: unknown): Promise<MemoryChannel<State>> {
  const channel = new MemoryChannel<State>();
  await ExecutionContext.create(flow, { channel }).run(input);
  return channel;
}

describe("writes of parallel tasks", () => {
  it("by increment are not lost", async () => {
    const add = task("add", async (ctx: Ctx, n: number) => {
      await ctx.channel.increment("count", n);
      await turn();
      await ctx.channel.increment("count");
    });
    expect(await (await endOf(workflow("w", each(add)), hundred)).get("count")).toBe(4_950 + 100);
  });

  it("by append and prepend are not lost, and keep the order of each task", async () => {
    const put = task("put", async (ctx: Ctx, n: number) => {
      await ctx.channel.append("list", n);
      await turn();
      await ctx.channel.append("list", n + 0.5);
      await ctx.channel.prepend("list", -n);
    });
    const list = (await (await endOf(workflow("w", each(put)), hundred)).get("list")) as number[];
    expect(list).toHaveLength(300);
    for (const n of hundred.slice(1)) expect(list.indexOf(n + 0.5)).toBe(list.indexOf(n) + 1);
    expect(list.slice(0, 100).every((n) => n <= 0)).toBe(true);
  });

  it("by update are applied to what is there at the commit", async () => {
    const say = task("say", async (ctx: Ctx, n: number) => {
      await ctx.channel.update("doc", (doc) => ({ words: [...(doc?.words ?? []), `w${n}`] }));
      await turn();
    });
    const doc = await (await endOf(workflow("w", each(say)), hundred)).get("doc");
    expect([...(doc?.words ?? [])].sort()).toEqual(hundred.map((n) => `w${n}`).sort());
  });

  it("by set overwrite each other: the last commit counts", async () => {
    const clock = simulatedClock();
    const write = task("write", async (ctx: Ctx, ms: number) => {
      await ctx.channel.set("note", `${ms}`);
      await ctx.sleep(ms);
    });
    const channel = new MemoryChannel<State>();
    await onClock(clock, workflow("w", each(write)).run([30, 10, 20], { clock, channel }));
    expect(await channel.get("note")).toBe("30");
  });
});

describe("a task and its writes", () => {
  it("reads its own, and nobody else does before it has returned", async () => {
    const clock = simulatedClock();
    const seen: unknown[] = [];
    const writer = task("writer", async (ctx: Ctx) => {
      await ctx.channel.set("note", "mine");
      await ctx.channel.increment("count", 5);
      await ctx.channel.append("list", 1);
      await ctx.sleep(10);
      seen.push(await ctx.channel.getMany(["note", "count", "list"]), await ctx.channel.keys());
    });
    const reader = task("reader", async (ctx: Ctx) => {
      await ctx.sleep(5);
      seen.push(await ctx.channel.getMany(["note", "count", "list"]), await ctx.channel.has("note"), await ctx.channel.keys());
    });
    const later = task("later", async (ctx: Ctx) => ctx.channel.get("note"));
    expect(await onClock(clock, workflow("w", chain(parallel([writer, reader]), later as never)).run(undefined, { clock }))).toMatchObject({
      output: "mine",
    });
    expect(seen).toEqual([[undefined, undefined, undefined], false, [], ["mine", 5, [1]], ["count", "list", "note"]]);
  });

  it("sees deletes of its own, and writes after them", async () => {
    const first = task("first", (ctx: Ctx) => ctx.channel.set("note", "old"));
    const second = task("second", async (ctx: Ctx) => {
      const there = [
        await ctx.channel.delete("note"),
        await ctx.channel.delete("note"),
        await ctx.channel.has("note"),
        await ctx.channel.keys(),
      ];
      await ctx.channel.set("note", "new");
      return [...there, await ctx.channel.get("note")];
    });
    expect((await workflow("w", chain(first, second)).run()).output).toEqual([true, false, false, [], "new"]);
  });

  it("leaves nothing when it fails, however far it came", async () => {
    const half = task("half", async (ctx: Ctx) => {
      await ctx.channel.set("note", "half");
      await ctx.channel.increment("count");
      await ctx.channel.append("list", 1);
      await ctx.channel.delete("doc");
      throw new Error("half way");
    });
    const begin = task("begin", (ctx: Ctx) => ctx.channel.set("doc", { words: ["kept"] }));
    const channel = new MemoryChannel<State>();
    await failureOf(workflow("w", chain(begin, half)).run(undefined, { channel }));
    expect([await channel.keys(), await channel.get("doc")]).toEqual([["doc"], { words: ["kept"] }]);
  });

  it("leaves nothing when its writes cannot be taken together", async () => {
    const clash = task("clash", async (ctx: Ctx, n: number) => {
      await ctx.channel.set("note", `${n}`);
      await ctx.channel.append("list", n);
    });
    const begin = task("begin", async (ctx: Ctx) => {
      await ctx.channel.set("list", 5 as never);
      return [1, 2];
    });
    const channel = new MemoryChannel<State>();
    await failureOf(workflow("w", chain(begin, each(clash))).run(undefined, { channel }));
    expect([await channel.get("note"), await channel.get("list")]).toEqual([undefined, 5]);
  });

  it("cannot write once it has returned", async () => {
    let late: Promise<unknown> = Promise.resolve();
    const forgets = task("forgets", (ctx: Ctx) => {
      late = turn().then(() => ctx.channel.set("note", "late"));
      late.catch(() => {});
    });
    const wait = task("wait", turn);
    const channel = new MemoryChannel<State>();
    await workflow("w", chain(forgets, wait)).run(undefined, { channel });
    expect((await failureOf(late)).message).toContain("await every write before returning");
    expect(await channel.has("note")).toBe(false);
  });
});

describe("values", () => {
  it("are frozen where they are read, all the way down", async () => {
    const begin = task("begin", (ctx: Ctx) => ctx.channel.set("doc", { words: ["a"] }));
    const change = task("change", async (ctx: Ctx) => {
      const doc = (await ctx.channel.get("doc")) as unknown as { words: string[] };
      const attempts = [() => doc.words.push("b"), () => Object.assign(doc, { more: 1 }), () => delete (doc as { words?: string[] }).words];
      return attempts.map((attempt) => {
        try {
          return String(attempt());
        } catch (error) {
          return (error as Error).name;
        }
      });
    });
    const channel = new MemoryChannel<State>();
    const { output } = await workflow("w", chain(begin, change)).run(undefined, { channel });
    expect(output).toEqual(["TypeError", "TypeError", "TypeError"]);
    expect(await channel.get("doc")).toEqual({ words: ["a"] });
  });

  it("cross by value: what the writer changes afterwards does not show", async () => {
    const channel = new MemoryChannel<State>();
    const keeps = task("keeps", async (ctx: Ctx) => {
      const words = ["a"];
      await ctx.channel.set("doc", { words });
      words.push("b");
      return words;
    });
    await workflow("w", keeps).run(undefined, { channel });
    expect(await channel.get("doc")).toEqual({ words: ["a"] });
  });

  it("that would not come back equal are refused where they are set, with their path", async () => {
    const sets = task("sets", (ctx: TaskContext) => ctx.channel.set("model", { layers: [{ w: () => 1 }] }));
    expect((await failureOf(workflow("w", sets).run())).message).toMatch(/model\.layers\[0\]\.w: function/);
    const returns = task("returns", () => ({ socket: Symbol("s") }));
    expect((await failureOf(workflow("w", returns).run())).message).toMatch(/returns\.socket: symbol/);
  });

  it("expire on the clock of the run, and are gone from a resumed run as well", async () => {
    const [clock, store] = [simulatedClock(), new MemoryCheckpointStore()];
    let broken = true;
    const write = task("write", async (ctx: Ctx) => {
      await ctx.channel.set("note", "soon gone", { ttl: "10s" });
      await ctx.channel.increment("count", 1, { ttl: "1m" });
      await ctx.channel.append("list", 1, { ttl: "1h" });
    });
    const look = (name: string, wait: string) =>
      task(name, async (ctx: Ctx, seen: readonly unknown[] | undefined) => {
        await ctx.sleep(wait);
        if (name === "third" && broken) throw new Error("broken");
        return [...(seen ?? []), await ctx.channel.keys()];
      });
    const w = workflow(
      "w",
      chain(write as never, look("first", "9s") as never, look("second", "1s") as never, look("third", "50s") as never),
    );
    await failureOf(onClock(clock, w.run(undefined as never, { clock, runId: "r", checkpoints: store })));
    broken = false;
    const { output } = await onClock(clock, w.resume({ from: store, runId: "r", clock }));
    expect(output).toEqual([["count", "list", "note"], ["count", "list"], ["list"]]);
  });
});

describe("a typed channel", () => {
  const schemas = { lr: z.number().positive(), losses: z.array(z.number()), name: z.string().trim() };

  it("takes what fits its schema, and keeps what the schema makes of it", async () => {
    const channel = typedChannel(schemas);
    const write = task("write", async (ctx: TaskContext<{ lr: number; losses: number[]; name: string }>) => {
      await ctx.channel.set("name", "  iris ");
      await ctx.channel.set("lr", 0.1);
      await ctx.channel.append("losses", 3);
      await ctx.channel.append("losses", 2);
      return ctx.channel.get("name");
    });
    expect(await workflow("w", write).run(undefined, { channel })).toMatchObject({ output: "iris" });
    expect(await channel.getMany(["lr", "losses", "name"])).toEqual([0.1, [3, 2], "iris"]);
  });

  it.each([
    ["set", (ctx: TaskContext) => ctx.channel.set("lr", -1)],
    ["increment", (ctx: TaskContext) => ctx.channel.increment("lr", -5)],
    ["append", (ctx: TaskContext) => ctx.channel.append("losses", "three" as never)],
    ["update", (ctx: TaskContext) => ctx.channel.update("lr", () => "fast")],
  ] as const)("refuses what does not fit where it is written: %s", async (_, write) => {
    const channel = typedChannel(schemas);
    const error = await failureOf(workflow("w", task("write", write as never)).run(undefined as never, { channel }));
    expect(error.cause).toBeInstanceOf(SchemaError);
    expect(error.message).toMatch(/lr|losses/);
    expect(await channel.keys()).toEqual([]);
  });

  it("refuses a key that it does not know, naming those it does", async () => {
    const slip = task("slip", (ctx: TaskContext) => ctx.channel.set("lrr", 1));
    expect((await failureOf(workflow("w", slip).run(undefined, { channel: typedChannel(schemas) }))).message).toMatch(/"lrr".*lr.*losses/);
  });
});
