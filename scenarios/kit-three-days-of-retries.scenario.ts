import { chain, type TaskContext, task, workflow } from "cairnflow";
import { resumeScenario, scenario, simulatedClock, throwTimes } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

const HOUR = 3_600_000;
const collect = task("collect", (_ctx: TaskContext, day: string) => [`${day}.1`, `${day}.2`]);
const upload = task(
  "upload",
  { retry: { maxRetries: 80, initialWait: "1h", factor: 1, jitter: 0, on: "transient" } },
  (_ctx: TaskContext, files: readonly string[]) => files.length,
);
const report = task("report", (_ctx: TaskContext, count: number) => `${count} files`);
const nightly = workflow("nightly", chain(collect, upload, report));

const down = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
const story = (times: number) => scenario(nightly, { input: "monday", mocks: { upload: throwTimes(times, down) } });

describe("an upload to a server that is down for three days", () => {
  it("is tried every hour, and succeeds in the hour in which the server is back", async () => {
    const outage = story(72);
    expect((await outage.toEnd()).output).toBe("2 files");
    const uploads = outage.trace.filter(({ task }) => task === "upload");
    expect(uploads.map(({ attempt, at }) => [attempt, at])).toEqual(Array.from({ length: 73 }, (_, n) => [n + 1, n * HOUR]));
    expect(new Set(uploads.slice(0, -1).map(({ became, error }) => `${became} ${error?.code}`))).toEqual(
      new Set(["retrying ECONNREFUSED"]),
    );
  });

  it("has the same story at every run, to the letter", async () => {
    const [one, other] = [story(72), story(72)];
    await one.toEnd();
    await other.toEnd();
    expect(String(one.trace)).toBe(String(other.trace));
    expect(String(one.trace).split("\n").slice(-6)).toEqual([
      "#74 +3d upload, attempt 73",
      '   input   ["monday.1", "monday.2"]',
      "   output  2",
      "#75 +3d report",
      "   input   2",
      '   output  "2 files"',
    ]);
  });

  it("is given up when the server does not come back in time, and can be gone on with afterwards", async () => {
    const outage = story(81);
    await expect(outage.toEnd()).rejects.toMatchObject({ code: "TASK_FAILED", attempts: 81, cause: { code: "ECONNREFUSED" } });
    expect(outage.trace.at(-1)).toMatchObject({ task: "upload", became: "failed", at: 80 * HOUR });
    const later = await resumeScenario(nightly, { from: outage.store });
    expect((await later.toEnd()).output).toBe("2 files");
    expect(later.trace.map(({ task }) => task)).toEqual(["upload", "report"]);
  });

  it("is not tried again for what another attempt does not mend", async () => {
    const denied = scenario(nightly, { input: "monday", mocks: { upload: throwTimes(1, new TypeError("no such bucket")) } });
    await expect(denied.toEnd()).rejects.toMatchObject({ attempts: 1 });
  });

  it("may be stopped on the second day and gone on with on the third, on the same clock", async () => {
    const clock = simulatedClock();
    const first = scenario(nightly, { input: "monday", clock, mocks: { upload: throwTimes(99, down) } });
    await first.advance("30h");
    await first.stop("maintenance");
    await clock.advance("20h");
    const second = await resumeScenario(nightly, { from: first.store, clock, mocks: { upload: throwTimes(2, down) } });
    await second.toEnd();
    expect(second.trace.map(({ task, attempt, at }) => [task, attempt, at])).toEqual([
      ["upload", 32, 0],
      ["upload", 33, HOUR],
      ["upload", 34, 2 * HOUR],
      ["report", 1, 2 * HOUR],
    ]);
  });
});
