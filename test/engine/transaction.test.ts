import { chain, ExecutionContext, parallel, run, type TaskContext, task, workflow } from "cairnflow";
import { describe, expect, it } from "vitest";

describe("what a task writes", () => {
  it("is seen by the task at once, and by nobody else before its step", async () => {
    const seen: unknown[] = [];
    const writes = task("writes", async (ctx: TaskContext): Promise<void> => {
      await ctx.channel.set("k", "mine");
      await ctx.sleep(20);
      seen.push(await ctx.channel.get("k"), await ctx.channel.keys());
    });
    const looks = task("looks", async (ctx: TaskContext): Promise<void> => {
      await ctx.sleep(5);
      seen.push(await ctx.channel.get("k"), await ctx.channel.keys());
    });
    const context = ExecutionContext.create(workflow("w", parallel([writes, looks])));
    await context.run();
    expect(seen).toEqual([undefined, [], "mine", ["k"]]);
    expect(await context.channel.get("k")).toBe("mine");
  });

  it("is gone when it throws, and its next attempt begins without", async () => {
    const found: unknown[] = [];
    const flaky = task("flaky", { retry: 1 }, async (ctx: TaskContext): Promise<void> => {
      found.push(await ctx.channel.get("k"), await ctx.channel.increment("n"));
      await ctx.channel.set("k", ctx.attempt);
      if (ctx.attempt === 1) throw new Error("once");
    });
    const context = ExecutionContext.create(workflow("w", flaky));
    await context.run();
    expect(found).toEqual([undefined, 1, undefined, 1]);
    expect(await context.channel.getMany(["k", "n"])).toEqual([2, 1]);
  });

  it("does not get lost beside other tasks: lists, numbers and updates of all of them count", async () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    let applied = 0;
    const adds = (name: string) =>
      task(name, async (ctx: TaskContext): Promise<void> => {
        await ctx.channel.append("list", name);
        await ctx.channel.increment("n");
        await ctx.channel.update("sorted", (value) => (applied++, [...((value as string[] | undefined) ?? []), name].sort()));
        await ctx.sleep(2);
      });
    const context = ExecutionContext.create(workflow("w", parallel(names.map(adds))));
    await context.run();
    expect([...((await context.channel.get("list")) as string[])].sort()).toEqual(names);
    expect(await context.channel.get("n")).toBe(6);
    expect(await context.channel.get("sorted")).toEqual(names);
    // Each once in the task; all but the first once more at the commit, upon what the others had written.
    expect(applied).toBe(11);
  });

  it("can be read by several readers at once", async () => {
    const reads = task("reads", async (ctx: TaskContext): Promise<unknown> => {
      await ctx.channel.set("k", 1);
      await ctx.channel.increment("n", 2);
      const { channel } = ctx;
      return Promise.all([channel.get("k"), channel.get("k"), channel.has("k"), channel.get("n"), channel.get("n"), channel.keys()]);
    });
    const context = ExecutionContext.create(workflow("w", reads));
    expect((await context.run()).output).toEqual([1, 1, true, 2, 2, ["k", "n"]]);
    expect(await context.channel.get("k")).toBe(1);
  });

  it("fails the task when another task has made it impossible, and leaves nothing of it", async () => {
    const text = task("text", async (ctx: TaskContext): Promise<void> => ctx.channel.set("k", "text"));
    const list = task("list", async (ctx: TaskContext): Promise<void> => {
      await ctx.channel.set("other", 1);
      await ctx.channel.append("k", 1);
      await ctx.sleep(10);
    });
    const context = ExecutionContext.create(workflow("w", parallel([text, list])));
    await expect(context.run()).rejects.toMatchObject({ code: "GROUP_FAILED" });
    expect(await context.channel.getMany(["k", "other"])).toEqual(["text", undefined]);
  });

  it("is taken with the result and the successors, or not at all", async () => {
    const gives = task("gives", async (ctx: TaskContext): Promise<string> => {
      await ctx.channel.set("k", 1);
      return "given";
    });
    const takes = task(
      "takes",
      async (ctx: TaskContext, input: string): Promise<unknown> => [input, await ctx.channel.get("k"), await ctx.result(gives)],
    );
    const { output } = await run(workflow("w", chain(gives, takes)));
    expect(output).toEqual(["given", 1, "given"]);
  });
});
