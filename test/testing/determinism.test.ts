import * as nodeCrypto from "node:crypto";
import { randomUUID } from "node:crypto";
import timers from "node:timers";
import timerPromises, { setTimeout as delay } from "node:timers/promises";
import { chain, type TaskContext, task, workflow } from "cairnflow";
import { NotDeterministicError, scenario } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

const only = (body: (ctx: TaskContext) => unknown) => workflow("w", task("only", body));
const strictly = (body: (ctx: TaskContext) => unknown) => scenario(only(body), { strictDeterminism: true, patience: 50 }).toEnd();

/** Everything that is watched, as it is now. */
const globals = () => [
  ...[globalThis.setInterval, timers.setTimeout, timers.setInterval, timerPromises.setTimeout, timerPromises.setInterval],
  ...[Date, Date.now, Math.random, performance.now, setTimeout, setInterval, crypto.randomUUID, crypto.getRandomValues],
  ...[nodeCrypto.randomUUID, nodeCrypto.randomBytes, nodeCrypto.randomInt, randomUUID, delay],
  ...[Object.keys(crypto), Object.keys(performance)],
];

describe("under strict determinism a body", () => {
  it.each([
    ["Date.now()", "ctx.now()", () => Date.now()],
    ["new Date()", "new Date(ctx.now())", () => new Date()],
    ["Date()", "new Date(ctx.now())", () => Date()],
    ["Math.random()", "ctx.random()", () => Math.random()],
    ["performance.now()", "ctx.now()", () => performance.now()],
    ["crypto.randomUUID()", "ctx.uuid()", () => crypto.randomUUID()],
    ["crypto.randomUUID()", "ctx.uuid()", () => randomUUID()],
    ["crypto.getRandomValues()", "ctx.random()", () => crypto.getRandomValues(new Uint8Array(1))],
    ["crypto.randomBytes()", "ctx.random()", () => nodeCrypto.randomBytes(4).length],
    ["crypto.randomInt()", "ctx.random()", () => nodeCrypto.randomInt(4)],
    ["setTimeout()", "ctx.sleep()", () => setTimeout(() => {}, 1)],
    ["setTimeout()", "ctx.sleep()", () => delay(1)],
    ["setInterval()", "ctx.sleep()", () => setInterval(() => {}, 1)],
  ])("is reported for %s, with %s to be used instead", async (call, replacement, body) => {
    const before = globals();
    const error = await strictly(body).catch((caught) => caught);
    expect(error).toBeInstanceOf(NotDeterministicError);
    expect(error).toMatchObject({ code: "NOT_DETERMINISTIC", taskId: "only", call });
    expect(error.message).toContain(`task "only" called ${call}`);
    expect(error.message).toContain(`use ${replacement} instead`);
    expect(globals()).toEqual(before);
  });

  it("is reported after it has waited, and from within what it calls", async () => {
    const later = async (ctx: TaskContext): Promise<number> => {
      await ctx.sleep("1h");
      await Promise.resolve();
      return [3, 1, 2].map(() => Math.random()).length;
    };
    await expect(strictly(later)).rejects.toThrow(/"only" called Math\.random/);
    await expect(strictly((ctx) => ctx.once("key", () => Date.now()))).rejects.toThrow(/Date\.now/);
    await expect(strictly((ctx) => ctx.channel.update("k", () => Date.now()))).rejects.toThrow(/Date\.now/);
  });

  it("is reported even if it keeps the error to itself, and is not tried again", async () => {
    let calls = 0;
    const quiet = () => {
      calls++;
      try {
        return Date.now();
      } catch {
        return 0;
      }
    };
    await expect(strictly(quiet)).rejects.toThrow(NotDeterministicError);
    const flow = workflow(
      "w",
      task("only", { retry: 3 }, () => (calls++, Date.now())),
    );
    await expect(scenario(flow, { strictDeterminism: true }).toEnd()).rejects.toThrow(NotDeterministicError);
    expect(calls).toBe(2);
  });

  it("may do everything that its context offers, and make dates of something", async () => {
    const log: unknown[] = [];
    const note = (_: object, message: string): void => {
      const at = Date.now();
      if (message === "here") log.push(at);
    };
    const logger = { debug: note, info: note, warn: note, error: note };
    const told: number[] = [];
    const body = async (ctx: TaskContext) => {
      await ctx.channel.set("k", new Date(ctx.now()), { ttl: "1h" });
      await ctx.channel.append("list", ctx.uuid());
      await ctx.sleep("1m");
      ctx.log.info("here");
      ctx.progress(1, 2);
      await ctx.checkpoint({ n: 1 }, { mode: "immediate" }).committed;
      ctx.checkpoint();
      const once = await ctx.once("once", async () => ctx.random());
      return [once, await ctx.channel.keys(), new Date(5).getTime(), Date.parse("2026-01-01"), new Date(0) instanceof Date];
    };
    const events = { taskProgress: () => void told.push(Date.now()) };
    const story = scenario(only(body), { strictDeterminism: true, logger, events, durability: "step" });
    expect((await story.toEnd()).output).toMatchObject([expect.any(Number), ["k", "list"], 5, Date.parse("2026-01-01"), true]);
    expect([log.length, told.length]).toEqual([1, 1]);
  });

  it("is told apart from the test around it, and from bodies of other scenarios", async () => {
    const strict = scenario(
      workflow(
        "w",
        chain(
          task("a", () => 1),
          task("b", () => 2),
        ),
      ),
      { strictDeterminism: true },
    );
    const free = scenario(only(() => Date.now()));
    const [, , entry] = await Promise.all([strict.next(), free.toEnd(), strict.next().then((found) => [found, Date.now()])]);
    expect(entry[0]).toMatchObject({ task: "b" });
    await expect(scenario(only(() => Math.random())).toEnd()).resolves.toBeDefined();
  });

  it("is told apart from what Node calls by itself", async () => {
    const body = async (): Promise<string> => (await import("node:fs/promises")).readFile(new URL(import.meta.url), "utf8");
    await expect(strictly(async () => (await body()).length > 0)).resolves.toMatchObject({ output: true });
  });
});
