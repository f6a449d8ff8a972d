import { expect, it } from "vitest";
import type { RunWriter } from "../../src/core/run-writer.js";
import { MemoryCheckpointStore } from "../../src/memory/memory-checkpoint-store.js";
import { record } from "../../src/testing/checkpoint-store-support.js";

it("gives a run to exactly one of five who race for it, 100 times, and takes commits of that one only", async () => {
  const store = new MemoryCheckpointStore();
  const refused = { acquisitions: 0, commits: 0 };
  for (let race = 1; race <= 100; race++) {
    const answers = await Promise.allSettled(Array.from({ length: 5 }, () => store.acquire("r1")));
    const [owner, ...others] = answers.flatMap((answer): RunWriter[] => (answer.status === "fulfilled" ? [answer.value] : []));
    expect(others).toEqual([]);
    refused.acquisitions += answers.filter((answer) => answer.status === "rejected" && answer.reason.code === "RUN_OWNED").length;

    const replacement = await store.acquire("r1", { takeOver: true });
    const late = await Promise.allSettled([
      owner?.put(record("r1", race, `late-${race}`)),
      replacement.put(record("r1", race, `c${race}`)),
    ]);
    expect(late).toMatchObject([{ status: "rejected", reason: { code: "STALE_OWNER" } }, { status: "fulfilled" }]);
    refused.commits++;
    await replacement.release();
  }
  console.log(`100 races: ${refused.acquisitions} refused to acquire, ${refused.commits} late commits refused`);
  expect(refused).toEqual({ acquisitions: 400, commits: 100 });
  expect((await store.list("r1")).map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, place) => `c${place + 1}`));
});
