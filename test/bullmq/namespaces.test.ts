import { describe, expect, it } from "vitest";
import { withoutHosts } from "../servers/hosts.js";
import { HostsRun } from "./namespace-run.js";

const ITEMS = 90;

/** Has a run go through these cuts, one after the other, and says what has become of it. */
async function runThrough(cuts: readonly (readonly ["workers" | "engine", ms: number])[], lockMs: number) {
  const run = await HostsRun.start(ITEMS, lockMs);
  const during: number[] = [];
  for (const [name, ms] of cuts) {
    await run.progress(10);
    during.push(run.committed.length);
    await run.cut(name, ms);
  }
  const ended = await run.ended;
  const { begun, committed, fired } = run;
  const counts = { cutsThatFired: fired, committedBeforeEach: during, begun: begun.length, committed: committed.length };
  console.log(counts, { stale: ended.stale, resent: ended.resent, retransmitted: await run.retransmitted() });
  return { ended, begun, committed, fired, during };
}

function expectExactlyOnce({ ended, begun, committed, during }: Awaited<ReturnType<typeof runThrough>>): void {
  expect(ended.output).toEqual(Array.from({ length: ITEMS }, (_, n) => n * 3));
  expect(ended.done).toBe(ITEMS);
  expect(committed).toHaveLength(ITEMS + 1);
  expect(new Set(committed).size).toBe(ITEMS + 1);
  expect(new Set(begun).size).toBe(ITEMS);
  expect(Math.max(...during)).toBeLessThan(ITEMS);
}

describe.skipIf(withoutHosts)("a run on three hosts", () => {
  it("commits each task once though the workers, then the engine, are cut off for five seconds", { timeout: 240_000 }, async () => {
    const cuts = [
      ["workers", 5_000],
      ["engine", 5_000],
    ] as const;
    const found = await runThrough(cuts, 30_000);
    expectExactlyOnce(found);
    expect(found.fired).toEqual({ workers: 1, engine: 1 });
  });

  it("commits each task once though its workers are cut off for longer than their locks last", {
    timeout: 240_000,
  }, async () => {
    // Longer, too, than the channel's client waits for a read, and the inbox for letters.
    const found = await runThrough([["workers", 18_000]], 1_000);
    expectExactlyOnce(found);
    expect(found.fired).toEqual({ workers: 1, engine: 0 });
    expect(found.begun.length).toBeGreaterThan(ITEMS);
    expect(found.ended.stale).toBeGreaterThan(0);
  });
});
