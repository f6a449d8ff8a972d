import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { BoardStore } from "../../src/task-board/board-store.js";
import { FileBoardStore, MemoryBoardStore, RedisBoardStore } from "../../src/task-board/index.js";
import { simulatedClock } from "../../src/testing/simulated-clock.js";
import { taskBoardContract } from "../../src/testing/task-board-contract.js";
import type { BoardStoreUnderTest } from "../../src/testing/task-board-support.js";
import { sharedRedis } from "../servers/redis.js";
import { temporaryFolder } from "./support.js";

type Make = (clock: ReturnType<typeof simulatedClock>) => BoardStore;

const opener =
  (make: Make): (() => Promise<BoardStoreUnderTest>) =>
  async () => {
    const clock = simulatedClock();
    const store = make(clock);
    await store.open();
    return { store, pass: (ms) => clock.advance(ms) };
  };

it("has promises with names of their own", () => {
  const names = taskBoardContract.map(({ name }) => name);
  expect(names.length).toBeGreaterThanOrEqual(40);
  expect(new Set(names).size).toBe(names.length);
});

describe("a board in memory", () => {
  const open = opener((clock) => new MemoryBoardStore({ clock }));
  it.each(taskBoardContract)("$name", ({ check }) => check(open));
});

describe("a board in a folder", () => {
  const open = opener((clock) => new FileBoardStore(temporaryFolder(), { clock }));
  it.each(taskBoardContract)("$name", ({ check }) => check(open));
});

describe("a board in Redis", () => {
  const url = sharedRedis();
  const open = opener((clock) => new RedisBoardStore({ url: url(), prefix: `test-${randomUUID()}`, clock }));
  it.each(taskBoardContract)("$name", ({ check }) => check(open));
});
