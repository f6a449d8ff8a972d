import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { CheckpointCorruptError, CommitOutcomeUnknownError, InvalidOptionError } from "../../src/core/errors.js";
import { openTaskBoard, RedisBoardStore, type RedisBoardStoreOptions, type TaskBoard } from "../../src/task-board/index.js";
import { HeldClient } from "../redis/held-client.js";
import { newClient } from "../redis/support.js";
import { sharedRedis } from "../servers/redis.js";
import { afterwards } from "./support.js";

describe("a board in Redis", () => {
  const url = sharedRedis();

  async function boardWith(options: RedisBoardStoreOptions): Promise<TaskBoard> {
    const store = new RedisBoardStore(options);
    await store.open();
    afterwards(() => store.close());
    return openTaskBoard(store);
  }

  /** A board whose answers can be lost. */
  async function heldBoard(): Promise<{ readonly board: TaskBoard; readonly client: HeldClient; readonly prefix: string }> {
    const [client, prefix] = [new HeldClient(newClient(url())), `test-${randomUUID()}`];
    return { board: await boardWith({ client, prefix, commandTimeoutMs: 2_000 }), client, prefix };
  }

  it("does everything once although each first answer is lost", async () => {
    const { board, client } = await heldBoard();
    const losing = <T>(action: () => Promise<T>): Promise<T> => (client.loseAnswers(1), action());
    for (const id of ["a", "b", "c"]) await losing(() => board.create("t", 0, { id }));
    expect((await losing(() => board.claim("x")))?.id).toBe("a");
    expect((await losing(() => board.claim("x")))?.id).toBe("b");
    expect((await losing(() => board.heartbeat("a", "x", { lease: "1h" }))).status).toBe("claimed");
    expect((await losing(() => board.release("a", "x"))).status).toBe("pending");
    expect((await losing(() => board.complete("b", "x", { status: "done", result: 1 }))).result).toBe(1);
    expect(await losing(() => board.cancel("c"))).toBe(1);
    await losing(() => board.setMetadata("k", 1));
    expect((await board.list()).map(({ id, status, claims }) => `${id} ${status} ${claims}`)).toEqual([
      "a pending 1",
      "b done 1",
      "c cancelled 0",
    ]);
    expect((await board.summary()).byStatus).toMatchObject({ pending: 1, claimed: 0, done: 1, cancelled: 1 });
    expect(client.lostAnswers).toBe(10);
  });

  it("says that it does not know, when a task has changed hands before a lost answer could be learnt", async () => {
    const { client, prefix, board } = await heldBoard();
    const other = await boardWith({ url: url(), prefix });
    await board.create("t", 0, { id: "a" });
    await board.claim("x");
    // Between the lost answer and the second question somebody else claims what was released, and goes on with it.
    const inner = client.callBuffer.bind(client);
    let isLost = false;
    client.callBuffer = async (command, args) => {
      if (!isLost)
        return inner(command, args).catch(
          async (error: unknown) => ((isLost = true), await other.claim("y"), await other.heartbeat("a", "y"), Promise.reject(error)),
        );
      return inner(command, args);
    };
    client.loseAnswers(1);
    await expect(board.release("a", "x")).rejects.toThrow(CommitOutcomeUnknownError);
    expect(isLost).toBe(true);
    expect(await board.get("a")).toMatchObject({ agent: "y", claims: 2 });
  });

  it("has its time from the server, whatever the time is here", async () => {
    const board = await boardWith({ url: url(), prefix: `test-${randomUUID()}` });
    await board.create("t", 0, { id: "a" });
    await board.claim("x", { lease: "60ms" });
    expect(await board.claim("y")).toBeNull();
    expect((await board.claim("y", { wait: "10s" }))?.claims).toBe(2);
  });

  it("keeps all keys of a board in one slot of a cluster, and all below its prefix", async () => {
    const [prefix, client] = [`test-${randomUUID()}`, newClient(url())];
    const board = await boardWith({ url: url(), prefix });
    await board.create("p", 0, { id: "p", metadata: { a: 1 } });
    await board.create("t", 0, { id: "a", parent: "p" });
    await board.setMetadata("k", 1);
    await board.claim("x");
    await board.complete("p", "x", { status: "done" });
    await board.claim("x");
    const keys = (await client.keys(`${prefix}*`)).filter((key) => key !== `${prefix}:probe`);
    expect(keys.length).toBeGreaterThan(9);
    for (const key of keys) expect(key.startsWith(`${prefix}:board:{main}:`)).toBe(true);
    // What remembers the answer of a claim goes away by itself; nothing else does.
    for (const key of keys) expect((await client.pttl(key)) > 0, key).toBe(key.includes(":claim:"));
  });

  it("counts and finds the same after many changes as a look at every task", async () => {
    const board = await boardWith({ url: url(), prefix: `test-${randomUUID()}` });
    await Promise.all(Array.from({ length: 4_500 }, (_, n) => board.create(n % 3 === 0 ? "a" : "b", n, { id: `t${n}` })));
    await Promise.all(Array.from({ length: 50 }, () => board.claim("x", { types: ["a"] })));
    // More tasks are passed over than a script looks at at once.
    const [last] = await board.list({ after: "t4400", type: "a", limit: 1 });
    expect(last?.data as number).toBeGreaterThan(0);
    expect(await board.list({ status: "claimed", limit: 1_000 })).toHaveLength(50);
    expect(await board.list({ status: "failed" })).toEqual([]);
    expect((await board.summary()).byStatus).toMatchObject({ pending: 4_450, claimed: 50 });
  });

  it("refuses keys that somebody has changed by hand", async () => {
    const [prefix, client] = [`test-${randomUUID()}`, newClient(url())];
    const board = await boardWith({ url: url(), prefix });
    await board.create("t", 0, { id: "a" });
    for (const text of ["[]", '{"id":"a"}', "no json"]) {
      await client.hset(`${prefix}:board:{main}:tasks`, "a", text);
      await expect(board.get("a"), text).rejects.toThrow(CheckpointCorruptError);
    }
    await client.hdel(`${prefix}:board:{main}:tasks`, "a");
    await expect(board.claim("x")).rejects.toThrow(CheckpointCorruptError);
  });

  it("refuses options that it does not understand", () => {
    for (const options of [{}, { url: "http://x" }, { url: url(), prefix: "a{b}" }, { url: url(), commandTimeoutMs: 1 }])
      expect(() => new RedisBoardStore(options)).toThrow(InvalidOptionError);
  });
});
