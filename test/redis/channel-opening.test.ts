import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import {
  CheckpointCorruptError,
  CheckpointStorageError,
  ExecutionContext,
  InvalidOptionError,
  run,
  SchemaError,
  task,
  UnsafeRedisConfigError,
  UsageError,
  workflow,
} from "cairnflow";
import { RedisChannel, type RedisChannelOptions } from "cairnflow/redis";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ownRedis } from "../servers/redis.js";
import { keysBelow, newChannel, pass } from "./channel-support.js";
import { afterwards, newClient } from "./support.js";

const server = ownRedis({ settings: ["--requirepass", "secret"] });
const url = (password = "secret"): string => `redis://:${password}@127.0.0.1:${server().port}/0`;
const flow = workflow(
  "w",
  task("t", async (ctx) => ctx.channel.append("list", 1)),
);

/** How a run over a channel fails, which must start nothing. */
async function failureOf(channel: RedisChannel): Promise<Error> {
  const started: string[] = [];
  const error = await run(flow, undefined, { channel, events: { taskStarted: ({ taskId }) => void started.push(taskId) } }).catch(
    (error: unknown) => error,
  );
  expect(started).toEqual([]);
  return error as Error;
}

describe("a server that cannot be used", () => {
  it("is refused before anything runs, if it may evict keys", async () => {
    const admin = newClient(url());
    afterwards(() => newClient(url()).config("SET", "maxmemory-policy", "noeviction"));
    await admin.config("SET", "maxmemory-policy", "allkeys-lru");
    const prefix = `test-${randomUUID()}`;
    expect(await failureOf(newChannel({ url: url(), prefix }))).toBeInstanceOf(UnsafeRedisConfigError);
    expect(await keysBelow(admin, prefix)).toEqual([]);
    await run(flow, undefined, { channel: newChannel({ url: url(), prefix, allowEviction: true }) });
  });

  it("is refused if it does not answer", async () => {
    const error = await failureOf(newChannel({ url: "redis://127.0.0.1:1", commandTimeoutMs: 50 }));
    expect(error).toBeInstanceOf(CheckpointStorageError);
    expect(error.message).toMatch(/see that the server runs and can be reached/);
  });

  it("is refused if the password is wrong, which is not shown", async () => {
    const error = await failureOf(newChannel({ url: url("guess"), commandTimeoutMs: 100 }));
    expect(error).toBeInstanceOf(CheckpointStorageError);
    expect(error.message).toMatch(/mend user and password/);
    expect(inspect(error, { depth: 9 })).not.toContain("guess");
  });

  it("can be tried again", async () => {
    const admin = newClient(url());
    const channel = newChannel({ url: url() });
    await admin.config("SET", "maxmemory-policy", "allkeys-lru");
    await expect(channel.open()).rejects.toThrow(UnsafeRedisConfigError);
    await admin.config("SET", "maxmemory-policy", "noeviction");
    await channel.set("k", 1);
    expect(await channel.get("k")).toBe(1);
  });
});

describe("a channel that was closed", () => {
  it("says so, and leaves a client that was given as it is", async () => {
    const client = newClient(url());
    const channel = newChannel({ client });
    await channel.set("k", 1);
    await channel.close();
    await expect(channel.get("k")).rejects.toThrow(UsageError);
    await expect(run(flow, undefined, { channel })).rejects.toThrow(UsageError);
    expect(await client.ping()).toBe("PONG");
  });
});

describe("the options of a channel", () => {
  const client = { callBuffer: () => Promise.reject(new Error("unused")) };
  it.each([
    ["none", undefined],
    ["neither url nor client", {}],
    ["both", { url: "redis://me:secret@cache1", client }],
    ["a url that is none", { url: "cache1/secret" }],
    ["a password with #", { url: "redis://me:12#secret@cache1" }],
    ["a prefix with braces", { client, prefix: "a{b}" }],
    ["a prefix that is a pattern", { client, prefix: "*" }],
    ["a flag that is none", { client, allowEviction: 1 }],
    ["a timeout that is too short", { client, commandTimeoutMs: 1 }],
    ["a keepMs that is negative", { client, keepMs: -1 }],
    ["a keepMs that is no whole number", { client, keepMs: 1.5 }],
    ["a keepMs that is a text", { client, keepMs: "1d" }],
    ["a keepMs without end", { client, keepMs: Number.POSITIVE_INFINITY }],
    ["a keepMs that is null", { client, keepMs: null }],
  ])("are refused without a word of what is secret: %s", (_, options) => {
    const make = () => new RedisChannel(options as unknown as RedisChannelOptions);
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(/RedisChannel.*expected|RedisChannel.*found/);
    expect(make).not.toThrow(/secret|cache1/);
  });

  it("show where it is, and no password", async () => {
    const channel = new RedisChannel({ url: "redis://me:secret@cache1:6380/2", prefix: "p" });
    expect(channel.location).toBe("redis://cache1:6380/2 prefix p");
    const replica = channel.forRun("r");
    expect(inspect([channel, channel.reader("r"), replica], { depth: 9, showHidden: true }) + JSON.stringify(channel)).not.toMatch(
      /secret|me:/,
    );
  });

  it("of a run take a channel of this library, and no other object", () => {
    for (const channel of [{}, { backend: {} }, "redis://cache1", null, 7]) {
      expect(() => ExecutionContext.create(flow, { channel: channel as never })).toThrow(InvalidOptionError);
    }
  });
});

describe("a channel with schemas", () => {
  it("checks what is written, by itself and in a run", async () => {
    const channel = new RedisChannel<{ readonly lr: number }>(
      { url: url(), prefix: `test-${randomUUID()}` },
      new Map([["lr", z.number()]]),
    );
    afterwards(() => channel.close());
    await expect(channel.set("lr", "fast" as never)).rejects.toThrow(SchemaError);
    const writes = task("writes", async (ctx) => ctx.channel.set("lr", "fast"));
    await expect(run(workflow("w", writes), undefined, { channel })).rejects.toThrow(/channel\.lr/);
  });
});

describe("keys that hold what no channel has written", () => {
  it.each([
    ["a head that is none", (at: string) => ["hset", `${at}:0:index`, "k", "nonsense"]],
    ["a document that is none", (at: string) => ["hset", `${at}:0:values`, "k", "{"]],
    ["no document", (at: string) => ["hdel", `${at}:0:values`, "k"]],
    ["keys of another kind", (at: string) => ["set", `${at}:0:index`, "text"]],
  ] as const)("are refused, and not taken for values: %s", async (_, damage) => {
    const prefix = `test-${randomUUID()}`;
    const admin = newClient(url());
    const channel = newChannel({ url: url(), prefix });
    await channel.set("k", [1]);
    const [command = "", ...args] = damage(`${prefix}:{_shared}:channel`);
    await admin.call(command, ...args);
    const error = await channel.get("k").catch((error: unknown) => error);
    expect(error instanceof CheckpointCorruptError || error instanceof CheckpointStorageError).toBe(true);
  });
});

it("lets go of what has run out although nobody asks for it", async () => {
  const prefix = `test-${randomUUID()}`;
  const admin = newClient(url());
  const channel = newChannel({ url: url(), prefix });
  for (let at = 0; at < 40; at++) await channel.append(`brief${at}`, at, { ttl: 1_000 });
  await channel.append("again", 1, { ttl: 1_000 });
  await pass(admin, `${prefix}:{_shared}:channel:0:index`, 2_000);
  expect(await channel.append("again", 2)).toBe(1);
  for (let at = 0; at < 100; at++) await channel.set("stays", at);
  expect(await admin.hlen(`${prefix}:{_shared}:channel:0:index`)).toBeLessThan(20);
  expect((await keysBelow(admin, `${prefix}:{_shared}:channel:0:list:`)).length).toBeLessThan(20);
  expect(await channel.keys()).toEqual(["again", "stays"]);
});
