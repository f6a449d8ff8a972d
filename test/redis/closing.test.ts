import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import { record } from "../../src/testing/checkpoint-store-support.js";
import { transpile } from "../file/transpile.js";
import { ownRedis } from "../servers/redis.js";
import { afterwards, newClient, newStore, openedStore } from "./support.js";

const server = ownRedis();

/** Resolves when the server has so many clients, the one that asks not counted. */
async function clients(admin: Redis, expected: number): Promise<void> {
  while (
    String(await admin.client("LIST"))
      .trim()
      .split("\n").length -
      1 !==
    expected
  )
    await delay(5);
}

describe("a store that is closed", () => {
  it("ends the connection that it has made, however often it is closed", async () => {
    const admin = newClient(server().url);
    const store = await openedStore({ url: server().url });
    await store.open();
    await clients(admin, 1);
    await Promise.all([store.close(), store.close()]);
    await store.close();
    await clients(admin, 0);
    await expect(store.runs()).rejects.toThrow(UsageError);
  });

  it("ends the connection if it could not be opened", async () => {
    const admin = newClient(server().url);
    await admin.config("SET", "maxmemory-policy", "allkeys-lru");
    afterwards(() => newClient(server().url).config("SET", "maxmemory-policy", "noeviction"));
    await expect(newStore({ url: server().url }).open()).rejects.toThrow(/allkeys-lru/);
    await clients(admin, 0);
  });

  it("leaves a client that was given as it is", async () => {
    const client = new Redis(server().url);
    afterwards(() => client.disconnect());
    const store = await openedStore({ client });
    await (await store.acquire("r1")).put(record("r1", 1, "a"));
    await store.close();
    expect(client.status).toBe("ready");
    expect(await client.ping()).toBe("PONG");
    await expect(store.list("r1")).rejects.toThrow(UsageError);
  });

  it("stops what is under way, which does not hang", async () => {
    const store = await openedStore({ url: server().url, commandTimeoutMs: 600_000 });
    const writer = await store.acquire("r1");
    server().signal("SIGSTOP");
    try {
      const put = writer.put(record("r1", 1, "a")).catch((error: unknown) => error);
      await delay(20);
      await store.close();
      expect(await put).toMatchObject({ code: expect.stringMatching(/^(STORE_UNAVAILABLE|COMMIT_OUTCOME_UNKNOWN|CHECKPOINT_WRITE)$/) });
    } finally {
      server().signal("SIGCONT");
    }
  });
});

describe("a process with a store", () => {
  it.each([
    ["ends by itself once the store is closed", "yes"],
    ["goes on until then", "no"],
  ])("%s", async (_, ends) => {
    const folder = mkdtempSync(join(tmpdir(), "cairnflow-closing-"));
    afterwards(() => rmSync(folder, { recursive: true }));
    symlinkSync(fileURLToPath(new URL("../../node_modules", import.meta.url)), join(folder, "node_modules"));
    const program = transpile(new URL("./closing-process.ts", import.meta.url), folder);
    const child = spawn(process.execPath, [program, server().url, ends], { stdio: ["ignore", "pipe", "inherit"] });
    afterwards(() => void child.kill("SIGKILL"));
    const ended = once(child, "exit");
    expect(String((await once(child.stdout, "data"))[0])).toBe("done");
    if (ends === "yes") return expect(await ended).toEqual([0, null]);
    expect(await Promise.race([ended, delay(1_000, "alive")])).toBe("alive");
  });
});
