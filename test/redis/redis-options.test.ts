import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { InvalidOptionError } from "../../src/core/errors.js";
import { RedisCheckpointStore, type RedisCheckpointStoreOptions } from "../../src/redis/index.js";

const url = "redis://me:secret@cache1:6380/2";
const client = { callBuffer: () => Promise.reject(new Error("unused")) };

describe("the options of a store", () => {
  it.each([
    ["none", undefined],
    ["null", null],
    ["a text", url],
    ["neither url nor client", {}],
    ["both url and client", { url, client }],
    ["a client that is none", { client: {} }],
    ["a client that is null", { client: null }],
    ["a url that is none", { url: "cache1/secret" }],
    ["an empty url", { url: "" }],
    ["a url that is a number", { url: 6379 }],
    ["a url without a host", { url: "redis://:secret@/0" }],
    ["another scheme", { url: "http://me:secret@cache1:6379" }],
    ["a password with #", { url: "redis://me:12#secret@cache1" }],
    ["a password with /", { url: "redis://me:12/secret@cache1" }],
    ["a password with ?", { url: "redis://me:12?secret@cache1" }],
    ["a password that cannot be decoded", { url: "redis://me:secret%E0%A4@cache1" }],
    ["settings in the url", { url: "redis://me:secret@cache1?family=6" }],
    ["a database with a name", { url: "redis://me:secret@cache1/orders" }],
    ["a database that is negative", { url: "redis://me:secret@cache1/-1" }],
    ["a path of several parts", { url: "redis://me:secret@cache1/0/1" }],
    ["a port that is none", { url: "redis://me:secret@cache1:65536" }],
    ["a lease that is too short", { url, leaseMs: 999 }],
    ["a lease that is too long", { url, leaseMs: 2 ** 31 }],
    ["a lease that is no whole number", { url, leaseMs: 1_000.5 }],
    ["a lease that is no number", { url, leaseMs: "30s" }],
    ["a lease without end", { url, leaseMs: Number.POSITIVE_INFINITY }],
    ["a timeout that is too short", { url, commandTimeoutMs: 49 }],
    ["a timeout that is too long", { url, commandTimeoutMs: 600_001 }],
    ["a timeout that is not a number", { url, commandTimeoutMs: Number.NaN }],
    ["a flag that is none", { url, allowEviction: "yes" }],
  ])("are refused without a word of what is secret: %s", (_, options) => {
    const make = () => new RedisCheckpointStore(options as unknown as RedisCheckpointStoreOptions);
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(/expected|found/);
    expect(make).not.toThrow(/secret|cache1/);
  });

  it.each(["", ":a", "a b", "a*", "a?", "a[b]", "a{b}", "é", "a\0b", "a\nb", "-a", "x".repeat(129), 7, null])(
    "are refused with the prefix %j",
    (prefix) => {
      expect(() => new RedisCheckpointStore({ url, prefix: prefix as string })).toThrow(InvalidOptionError);
    },
  );

  it.each([
    [url, "redis://cache1:6380/2 prefix cairnflow"],
    ["redis://cache1", "redis://cache1:6379/0 prefix cairnflow"],
    ["redis://cache1/", "redis://cache1:6379/0 prefix cairnflow"],
    ["rediss://me:s%40%2Fcret@cache1", "rediss://cache1:6379/0 prefix cairnflow"],
    ["redis://:secret@[::1]:6380", "redis://[::1]:6380/0 prefix cairnflow"],
  ])("show where it is: %s", (url, location) => {
    const store = new RedisCheckpointStore({ url });
    expect(store.location).toBe(location);
    expect(inspect(store, { depth: 9, showHidden: true }) + JSON.stringify(store)).not.toMatch(/me:|secret|cret/);
  });

  it.each([
    [{ host: "cache1", port: 6380, db: 3, username: "me", password: "secret" }, "redis://cache1:6380/3 prefix p"],
    [{ host: "cache1", port: 6380, password: "secret" }, "redis://cache1:6380/0 prefix p"],
    [{ path: "/tmp/secret.sock" }, "redis: (the server of a given client) prefix p"],
    [undefined, "redis: (the server of a given client) prefix p"],
  ])("show where a client is: %j", (options, location) => {
    const given = options === undefined ? client : { ...client, options };
    const store = new RedisCheckpointStore({ client: given, prefix: "p" });
    expect(store.location).toBe(location);
    expect(inspect(store, { depth: 9 }) + JSON.stringify(store)).not.toContain("secret");
  });
});
