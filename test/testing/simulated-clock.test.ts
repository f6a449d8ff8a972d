import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidOptionError, UsageError } from "cairnflow";
import { simulatedClock } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

describe("simulatedClock", () => {
  it("starts at the same date every time, and stands still", async () => {
    const clock = simulatedClock();
    expect(new Date(clock.now()).toISOString()).toBe("2026-01-01T00:00:00.000Z");
    expect(clock.monotonic()).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(clock.now()).toBe(simulatedClock().now());
  });

  it("starts where it is told to: milliseconds, text or date", () => {
    expect(simulatedClock({ start: 5 }).now()).toBe(5);
    expect(simulatedClock({ start: "2030-05-01T12:00:00Z" }).now()).toBe(Date.UTC(2030, 4, 1, 12));
    expect(simulatedClock({ start: new Date(7) }).now()).toBe(7);
    expect(() => simulatedClock({ start: "soon" })).toThrow(InvalidOptionError);
  });

  it("fires timers in the order of their times, then of their registration", async () => {
    const clock = simulatedClock({ start: 0 });
    const fired: string[] = [];
    const set = (name: string, delayMs: number) => clock.after(delayMs, () => fired.push(`${name}@${clock.now()}`));
    set("late", 30);
    set("first", 10);
    set("second", 10);
    set("now", 0);
    await clock.advance(10);
    expect(fired).toEqual(["now@0", "first@10", "second@10"]);
    await clock.advance("1s");
    expect(fired.at(-1)).toBe("late@30");
    expect([clock.now(), clock.monotonic()]).toEqual([1_010, 1_010]);
  });

  it("fires nothing before its time, and nothing that was called off", async () => {
    const clock = simulatedClock();
    const fired: string[] = [];
    clock.after(100, () => fired.push("due"));
    const callOff = clock.after(50, () => fired.push("called off"));
    await clock.advance(49);
    callOff();
    await clock.advance(50);
    expect(fired).toEqual([]);
    await clock.advance(1);
    expect(fired).toEqual(["due"]);
    callOff();
    expect(clock.pendingTimers).toEqual([]);
  });

  it("fires timers that fired ones set, within the time that passes", async () => {
    const clock = simulatedClock({ start: 0 });
    const times: number[] = [];
    const tick = () => {
      times.push(clock.now());
      clock.after(10, tick);
    };
    clock.after(10, tick);
    await clock.advance(35);
    expect(times).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(35);
  });

  it("lets promises and the event loop have their turn between two timers", async () => {
    const clock = simulatedClock({ start: 0 });
    const seen: string[] = [];
    const sleep = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
    const walk = async () => {
      await sleep(10);
      await new Promise((resolve) => setImmediate(resolve));
      await Promise.resolve();
      seen.push(`first@${clock.now()}`);
      await sleep(5);
      seen.push(`second@${clock.now()}`);
    };
    void walk();
    clock.after(12, () => seen.push("between"));
    await clock.advance(20);
    expect(seen).toEqual(["first@10", "between", "second@15"]);
  });

  it("waits for files that are being written before it lets time go on", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cairnflow-clock-"));
    const clock = simulatedClock({ start: 0 });
    const written: number[] = [];
    clock.after(10, () => {
      const write = async () => {
        for (let part = 0; part < 20; part++) await writeFile(join(folder, "file"), Buffer.alloc(200_000), { flush: true });
        written.push(clock.now());
      };
      void write();
    });
    clock.after(11, () => written.push(-1));
    await clock.runUntilIdle();
    expect(written).toEqual([10, -1]);
    await rm(folder, { recursive: true });
  });

  it("runs until nothing waits any more, however far away it is", async () => {
    const clock = simulatedClock({ start: 0 });
    let left = 5;
    const again = () => {
      if (--left > 0) clock.after(86_400_000, again);
    };
    clock.after(1, again);
    await clock.runUntilIdle();
    expect([left, clock.now()]).toEqual([0, 1 + 4 * 86_400_000]);
  });

  it("ends an endless row of timers with an error that lists what still waits", async () => {
    const clock = simulatedClock({ start: 0 });
    const tick = () => void clock.after(1_000, tick);
    tick();
    clock.after(3_600_000, () => {});
    await expect(clock.runUntilIdle({ maxTimers: 3 })).rejects.toThrow(UsageError);
    await expect(clock.runUntilIdle({ maxTimers: 3 })).rejects.toThrow(
      /fired 3 timers and 2 still wait: 1970-01-01T00:00:07.000Z \(in 1000 ms\), 1970-01-01T01:00:00.000Z/,
    );
  });

  it("says what waits, in the order in which it will fire", () => {
    const clock = simulatedClock({ start: 100 });
    clock.after(30, () => {});
    clock.after(10, () => {});
    expect(clock.pendingTimers).toEqual([
      { dueAt: 110, inMs: 10 },
      { dueAt: 130, inMs: 30 },
    ]);
  });

  it("takes two calls at once one after the other", async () => {
    const clock = simulatedClock({ start: 0 });
    const fired: number[] = [];
    for (const at of [5, 15]) clock.after(at, () => fired.push(clock.now()));
    await Promise.all([clock.advance(10), clock.advance(10)]);
    expect([fired, clock.now()]).toEqual([[5, 15], 20]);
  });

  it("hands on what a timer throws, and goes on with the next call", async () => {
    const clock = simulatedClock();
    clock.after(1, () => {
      throw new Error("thrown by a timer");
    });
    await expect(clock.advance(1)).rejects.toThrow("thrown by a timer");
    await clock.advance(1);
    expect(clock.pendingTimers).toEqual([]);
  });
});
