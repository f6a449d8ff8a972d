import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { CheckpointStorageError, UnsafeRedisConfigError, UsageError } from "../../src/core/errors.js";
import type { RedisCheckpointStoreOptions } from "../../src/redis/index.js";
import { record } from "../../src/testing/checkpoint-store-support.js";
import { transpile } from "../file/transpile.js";
import { ownRedis } from "../servers/redis.js";
import { afterwards, newClient, newStore, openedStore } from "./support.js";

const PASSWORD = "hunter2/s?cret#1";

const server = ownRedis({ settings: ["--requirepass", PASSWORD] });
const urlOf = (user: string, password: string, db = "0"): string =>
  `redis://${user}:${encodeURIComponent(password)}@127.0.0.1:${server().port}/${db}`;
const url = (): string => urlOf("", PASSWORD);

/** How the opening of a store fails. */
async function failure(options: RedisCheckpointStoreOptions): Promise<Error> {
  const error = await newStore({ commandTimeoutMs: 100, ...options })
    .open()
    .then(() => null)
    .catch((error: unknown) => error);
  expect(error).toBeInstanceOf(Error);
  return error as Error;
}

/** Makes a user who may do everything but some; resolves to the address for that user. */
async function userWithout(name: string, ...commands: readonly string[]): Promise<string> {
  const admin = newClient(url());
  await admin.acl("SETUSER", name, "on", ">pw-of-user", "~*", "+@all", ...commands.map((command) => `-${command}`));
  return urlOf(name, "pw-of-user");
}

/** Sets the policy of the server for the time of a test. */
async function setPolicy(policy: string): Promise<void> {
  const admin = newClient(url());
  afterwards(() => newClient(url()).config("SET", "maxmemory-policy", "noeviction"));
  await admin.config("SET", "maxmemory-policy", policy);
}

describe("a server that may evict keys", () => {
  it.each(["allkeys-lru", "allkeys-random", "volatile-ttl", "volatile-lfu"])(
    "is refused, and nothing is written to it: %s",
    async (policy) => {
      await setPolicy(policy);
      const error = await failure({ url: url(), prefix: "refused" });
      expect(error).toBeInstanceOf(UnsafeRedisConfigError);
      expect(error.message).toContain(
        `found maxmemory-policy "${policy}", expected "noeviction"; set that on the server, or set allowEviction`,
      );
      expect(await newClient(url()).keys("refused:*")).toEqual([]);
      await (await openedStore({ url: url(), allowEviction: true })).acquire("r1");
    },
  );

  it.each([["config"], ["config|get"]])("is found without the right to read its configuration: %s", async (command) => {
    const limited = await userWithout("limited", command);
    await openedStore({ url: limited });
    await setPolicy("allkeys-lru");
    expect(await failure({ url: limited })).toBeInstanceOf(UnsafeRedisConfigError);
  });

  it("is suspected in one that does not tell, which is refused as well", async () => {
    const silent = await userWithout("silent", "config", "info");
    const error = await failure({ url: silent });
    expect(error).toBeInstanceOf(UnsafeRedisConfigError);
    expect(error.message).toContain("found maxmemory-policy (unknown)");
    await openedStore({ url: silent, allowEviction: true });
  });
});

describe("a server that has no CONFIG at all", () => {
  const renamed = ownRedis({ settings: ["--rename-command", "CONFIG", ""] });
  const evicting = ownRedis({ settings: ["--rename-command", "CONFIG", "", "--maxmemory-policy", "allkeys-lru"] });

  it("is asked in another way", async () => {
    await openedStore({ url: renamed().url });
    expect(await failure({ url: evicting().url })).toBeInstanceOf(UnsafeRedisConfigError);
  });
});

describe("a server that keeps nothing on its disk", () => {
  it("is used: that it does not keep everything is up to its owner", async () => {
    const admin = newClient(url());
    expect([await admin.config("GET", "appendonly"), await admin.config("GET", "save")]).toEqual([
      ["appendonly", "no"],
      ["save", ""],
    ]);
    const store = await openedStore({ url: url() });
    await (await store.acquire("r1")).put(record("r1", 1, "a"));
    expect(await store.list("r1")).toHaveLength(1);
  });
});

describe("a server that refuses", () => {
  it.each([
    [
      "a wrong password",
      () => urlOf("", "wrong-hunter2"),
      /found that it knows no such user and password \(WRONGPASS\).*mend user and password/,
    ],
    ["an unknown user", () => urlOf("nobody", PASSWORD), /WRONGPASS/],
    ["nobody's password", () => server().url, /found that it wants a password \(NOAUTH\).*give user and password/],
    ["a database that it does not have", () => urlOf("", PASSWORD, "99"), /redis:\/\/127\.0\.0\.1:\d+\/99 .*a refusal \(ERR\)/],
  ])("is told as it is, without a word of what is secret: %s", async (_, wrong, message) => {
    const error = await failure({ url: wrong(), commandTimeoutMs: 1_000 });
    expect(error).toBeInstanceOf(CheckpointStorageError);
    expect(error).toMatchObject({ outcome: "not-applied", message: expect.stringMatching(message) });
    const shown = `${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}`;
    expect(shown).not.toMatch(/hunter2|cret%231|nobody/);
  });

  it("is not used with another database instead", async () => {
    await failure({ url: urlOf("", PASSWORD, "99"), prefix: "elsewhere" });
    expect(await newClient(url()).keys("elsewhere:*")).toEqual([]);
  });

  it("is told when its scripts are forbidden", async () => {
    const error = await failure({ url: await userWithout("plain", "evalsha", "eval") });
    expect(error).toBeInstanceOf(CheckpointStorageError);
    expect(error.message).toMatch(/missing rights \(NOPERM\).*grant this user/);
  });

  it("is told when it is a replica", async () => {
    const admin = newClient(url());
    afterwards(() => newClient(url()).replicaof("NO", "ONE"));
    await admin.replicaof("127.0.0.1", 1);
    const error = await failure({ url: url() });
    expect(error).toBeInstanceOf(CheckpointStorageError);
    expect(error.message).toMatch(/a replica that can only be read \(READONLY\).*give the address of the primary server/);
  });
});

/** A server that does what it is told with what it hears; resolves to its port. */
async function listening(hear: (socket: Socket, chunk: Buffer) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("data", (chunk) => hear(socket, chunk));
  });
  afterwards(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  const address = listener.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("a server that is none", () => {
  it("is told, and not waited for without end", async () => {
    const error = await failure({ url: "redis://me:hunter2@127.0.0.1:1" });
    expect(error).toBeInstanceOf(CheckpointStorageError);
    expect(error.message).toMatch(/a lost connection \(ECONNREFUSED\)/);
    expect(inspect(error, { depth: 9 })).not.toContain("hunter2");
  });

  it.each([
    ["says nothing", () => {}],
    ["speaks otherwise", (socket: Socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["hangs up", (socket: Socket) => socket.destroy()],
  ])("is told when it %s", async (_, hear) => {
    let heard = 0;
    const port = await listening((socket) => {
      heard++;
      hear(socket);
    });
    const error = await failure({ url: `redis://me:hunter2@127.0.0.1:${port}` });
    expect(error).toBeInstanceOf(CheckpointStorageError);
    expect(inspect(error, { depth: 9 })).not.toContain("hunter2");
    expect(heard).toBeGreaterThan(0);
  });

  it("hears no password but over TLS if the address says rediss", async () => {
    const heard: Buffer[] = [];
    const port = await listening((_, chunk) => heard.push(chunk));
    await failure({ url: `rediss://me:hunter2@127.0.0.1:${port}` });
    // The first byte of a handshake, and its version.
    for (const hello of heard) expect([...hello.subarray(0, 2)]).toEqual([22, 3]);
    expect(heard.length).toBeGreaterThan(0);
    expect(Buffer.concat(heard).toString("latin1")).not.toContain("hunter2");
  });
});

describe("a store", () => {
  it("says which package is missing", () => {
    const folder = mkdtempSync(join(tmpdir(), "cairnflow-no-ioredis-"));
    const program = transpile(new URL("./opening-process.ts", import.meta.url), folder);
    const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: "utf8" });
    rmSync(folder, { recursive: true });
    expect([stdout, stderr]).toEqual([expect.stringMatching(/^MISSING_PACKAGE ERR_MODULE_NOT_FOUND .*`npm install ioredis`/), ""]);
  });

  it("is used neither before it is opened nor after it is closed, and can be opened again", async () => {
    const store = newStore({ url: url() });
    await expect(store.acquire("r1")).rejects.toThrow(UsageError);
    await store.open();
    expect(await store.runs()).toEqual([]);
    await store.close();
    await expect(store.list("r1")).rejects.toThrow(UsageError);
    await store.open();
    expect(await store.runs()).toEqual([]);
  });
});
