import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import type { BoardFiles } from "../../src/task-board/board-files.js";
import { openTaskBoard } from "../../src/task-board/index.js";
import { simulatedClock } from "../../src/testing/simulated-clock.js";
import { watchedFiles } from "./killing-files.js";
import { boardIn, journalIn, temporaryFolder } from "./support.js";

/** Calls to the file system, and bytes read and written. */
class Meter {
  readonly calls = new Map<string, number>();
  bytes = 0;

  readonly files: BoardFiles = watchedFiles((name, call) => {
    const result = call();
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    if (name === "read" || name === "append") this.bytes += Number(result);
    return result;
  });

  /** What something costs. */
  async of(action: () => Promise<unknown>): Promise<{ readonly calls: number; readonly bytes: number }> {
    const [calls, bytes] = [this.#sum(), this.bytes];
    await action();
    return { calls: this.#sum() - calls, bytes: this.bytes - bytes };
  }

  #sum(): number {
    return [...this.calls.values()].reduce((sum, count) => sum + count, 0);
  }
}

describe("a board in a folder", () => {
  it("claims and completes as cheaply among 20,000 tasks as among few", { timeout: 120_000 }, async () => {
    const COUNT = 20_000;
    const meter = new Meter();
    const board = await boardIn(temporaryFolder(), { files: meter.files });
    const hundred = (): Promise<unknown> =>
      [...Array(100).keys()].reduce<Promise<unknown>>(async (before) => {
        await before;
        const task = await board.claim("agent");
        await board.complete(task?.id ?? "", "agent", { status: "done", result: 1 });
      }, Promise.resolve());
    const create = (from: number, to: number): Promise<unknown> =>
      Promise.all(
        Array.from({ length: to - from }, (_, n) => board.create("t", from + n, { id: `t${String(from + n).padStart(5, "0")}` })),
      );
    await create(0, 100);
    const first = await meter.of(hundred);
    await create(100, COUNT);
    const middle = await meter.of(hundred);
    for (let n = 0; n < 39; n++) await Promise.all(Array.from({ length: 500 }, () => board.claim("other")));
    const last = await meter.of(hundred);
    expect((await board.summary()).byStatus).toMatchObject({ pending: 200, claimed: 19_500, done: 300 });
    console.log(`100 claims and completions: ${JSON.stringify({ first, middle, last })}`);
    for (const cost of [middle, last]) {
      expect(cost.calls).toBeLessThanOrEqual(first.calls);
      expect(cost.bytes).toBeLessThan(1.1 * first.bytes);
    }
  });

  it("agrees with itself wherever it is opened, and however often it is read from the beginning", async () => {
    const folder = temporaryFolder();
    const clock = simulatedClock();
    const boards = [await boardIn(folder, { clock }), await boardIn(folder, { clock })] as const;
    for (let n = 0; n < 40; n++) {
      const board = boards[n % 2 === 0 ? 0 : 1];
      await board.create("t", n, { id: `t${n}` });
      const task = await boards[n % 3 === 0 ? 0 : 1].claim(`agent-${n % 4}`, { lease: 50 });
      if (n % 4 !== 0) await board.complete(task?.id ?? "", `agent-${n % 4}`, { status: "done", result: n });
      await clock.advance(20);
    }
    const lists = await Promise.all([...boards, await boardIn(folder, { clock })].map((board) => board.list()));
    expect(lists[0]).toHaveLength(40);
    for (const list of lists) expect(list).toEqual(lists[0]);
  });

  it("gives nobody what is claimed, even if clocks differ", async () => {
    const folder = temporaryFolder();
    const [ahead, behind] = [simulatedClock({ start: 1_000_000 }), simulatedClock({ start: 990_000 })];
    const [early, late] = [await boardIn(folder, { clock: ahead }), await boardIn(folder, { clock: behind })];
    for (const id of ["a", "b"]) await early.create("t", 0, { id });
    await early.claim("x", { lease: "5s" });
    await ahead.advance("6s");
    // Stale by one clock, and not by the other.
    expect((await early.get("a"))?.status).toBe("pending");
    expect((await early.list({ status: "pending" })).map(({ id }) => id)).toEqual(["a", "b"]);
    expect((await late.claim("y"))?.id).toBe("b");
    expect(await late.claim("y")).toBeNull();
    expect((await early.claim("z"))?.id).toBe("a");
    expect(await late.list()).toEqual(await early.list());
  });

  it("writes nothing for what changes nothing", async () => {
    const folder = temporaryFolder();
    const board = await boardIn(folder);
    await board.create("t", 0, { id: "a" });
    await board.claim("x");
    const before = readFileSync(journalIn(folder)).length;
    expect(await board.claim("y", { wait: 30 })).toBeNull();
    await board.create("t", 0, { id: "a" });
    await expect(board.complete("a", "y", { status: "done" })).rejects.toThrow("not claimed");
    await board.list();
    await board.summary();
    expect(readFileSync(journalIn(folder))).toHaveLength(before);
  });

  it("is used no more after it was closed, and can be opened again", async () => {
    const folder = temporaryFolder();
    const board = await openTaskBoard(folder);
    await board.create("t", 0, { id: "a" });
    await board.close();
    await board.close();
    await expect(board.get("a")).rejects.toThrow(UsageError);
    const again = await openTaskBoard(folder);
    expect((await again.get("a"))?.status).toBe("pending");
    await again.close();
  });
});
