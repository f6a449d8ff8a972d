import { describe, expect, it } from "vitest";
import { SharedSync } from "../../src/task-board/shared-sync.js";

describe("a shared sync", () => {
  it("begins after it was asked for, and is one for all who ask while another is under way", async () => {
    const started: (() => void)[] = [];
    const sync = new SharedSync(() => new Promise((resolve) => started.push(resolve)));
    const done: string[] = [];
    const ask = (name: string): Promise<unknown> => sync.done().then(() => done.push(name));
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const first = ask("first");
    await turn();
    expect(started).toHaveLength(1);
    const others = [ask("second"), ask("third")];
    await turn();
    expect(started).toHaveLength(1);
    started[0]?.();
    await first;
    await turn();
    expect([started.length, done]).toEqual([2, ["first"]]);
    started[1]?.();
    await Promise.all(others);
    expect([started.length, done]).toEqual([2, ["first", "second", "third"]]);
  });

  it("fails for all who ask after one has failed", async () => {
    let count = 0;
    const sync = new SharedSync(() => (count++, Promise.reject(new Error("EIO"))));
    await expect(sync.done()).rejects.toThrow("EIO");
    await expect(sync.done()).rejects.toThrow("EIO");
    expect(count).toBe(1);
  });
});
