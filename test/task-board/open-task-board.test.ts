import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CheckpointStorageError, InvalidIdError, InvalidOptionError, UsageError } from "../../src/core/errors.js";
import { type BoardStore, MemoryBoardStore, openTaskBoard, RedisBoardStore } from "../../src/task-board/index.js";
import { simulatedClock } from "../../src/testing/simulated-clock.js";
import { temporaryFolder } from "./support.js";

describe("openTaskBoard", () => {
  it("opens a folder, making it and those above it", async () => {
    const folder = join(temporaryFolder(), "a", "b");
    const board = await openTaskBoard(folder);
    expect([board.name, board.location]).toEqual(["main", folder]);
    await board.create("t", 0, { id: "a" });
    const other = await openTaskBoard(folder);
    expect((await other.get("a"))?.status).toBe("pending");
    await Promise.all([board.close(), other.close()]);
  });

  it("opens memory by name, and memory of its own without", async () => {
    await (await openTaskBoard("memory:shared")).create("t", 0, { id: "a" });
    expect(await (await openTaskBoard("memory:shared")).get("a")).not.toBeNull();
    await (await openTaskBoard("memory:")).create("t", 0, { id: "a" });
    expect(await (await openTaskBoard("memory:")).get("a")).toBeNull();
  });

  it("opens a store that is given, and leaves it open", async () => {
    let closings = 0;
    const store: BoardStore = Object.assign(new MemoryBoardStore(), { close: async () => void closings++ });
    await (await openTaskBoard(store)).close();
    expect(closings).toBe(0);
  });

  it("takes ids and time from where it is told", async () => {
    const clock = simulatedClock();
    let count = 0;
    const board = await openTaskBoard("memory:", { clock, newId: () => `id${++count}` });
    const { id, createdAt } = await board.create("t");
    expect([id, createdAt]).toEqual(["id1", clock.now()]);
    await board.claim("x", { lease: "1h" });
    const waiting = board.claim("y", { wait: "2h" });
    await clock.advance("61m");
    expect((await waiting)?.claims).toBe(2);
  });

  it("pauses longer and longer while it waits, up to `poll`, and not beyond its end", async () => {
    const clock = simulatedClock();
    const board = await openTaskBoard("memory:", { clock, poll: "100ms" });
    const waiting = board.claim("x", { wait: 500 });
    const pauses: number[] = [];
    for (let n = 0; n < 9; n++) {
      await clock.advance(0);
      const [next] = clock.pendingTimers;
      if (next === undefined) break;
      pauses.push(next.inMs);
      await clock.advance(next.inMs);
    }
    expect(await waiting).toBeNull();
    expect(pauses).toEqual([10, 20, 40, 80, 100, 100, 100, 50]);
  });

  it("ends a wait at once that is called off while it looks", async () => {
    const stop = new AbortController();
    const memory = new MemoryBoardStore();
    const board = async (name: string) => ({
      ...(await memory.board(name)),
      get: async (id: string) => (stop.abort(new RangeError("enough")), (await memory.board(name)).get(id)),
    });
    const store: BoardStore = { kind: "memory", location: "memory:", open: async () => {}, close: async () => {}, board };
    // Its clock stands still: no pause ends by itself.
    const opened = await openTaskBoard(store, { clock: simulatedClock() });
    const { id } = await opened.create("t");
    await expect(opened.finished(id, { signal: stop.signal })).rejects.toThrow("enough");
  });

  it.each([
    ["no location", "", {}],
    ["a location that is none", 7, {}],
    ["an object that is no store", {}, {}],
    ["a scheme of nobody", "ftp://host/x", {}],
    ["an address that is none", "redis://", {}],
    ["a poll of nothing", "memory:", { poll: 0 }],
    ["an option of nobody", "memory:", { pollMs: 5 }],
  ])("refuses %s", async (_what, location, options) => {
    await expect(openTaskBoard(location as string, options as object)).rejects.toThrow(InvalidOptionError);
  });

  it.each(["*", "__proto__", "a:b", "../x", ""])("refuses the name %j", async (name) => {
    await expect(openTaskBoard("memory:", { name })).rejects.toThrow(InvalidIdError);
    if (name !== "") await expect(openTaskBoard(`memory:${name}`)).rejects.toThrow(InvalidIdError);
  });

  it("fails if its server cannot be reached, and shows no password", async () => {
    const error = await openTaskBoard("redis://me:secret@127.0.0.1:1/0").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CheckpointStorageError);
    expect(String((error as Error).message)).not.toContain("secret");
    const store = new RedisBoardStore({ url: "redis://me:secret@127.0.0.1:1/0" });
    await expect(store.board("main")).rejects.toThrow(UsageError);
    expect(JSON.stringify(store)).not.toContain("secret");
  });
});
