import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canResume, ExecutionContext, openCheckpointStore } from "cairnflow";
import { afterAll, describe, expect, it } from "vitest";
import { endOf, positions } from "./support/positions.js";
import { inProcess } from "./support/process.js";

const folder = mkdtempSync(join(tmpdir(), "cairnflow-positions-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const linesOf = (path: string): string[] => (existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : []);
const tally = (lines: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line.split(" ")[0] as string, (counts.get(line.split(" ")[0] as string) ?? 0) + 1);
  return counts;
};

/** The same run without an interruption, in this process. */
async function uninterrupted(name: string) {
  const lines: string[] = [];
  const { flow, input } = (positions[name] as NonNullable<(typeof positions)[string]>)((line) => lines.push(line));
  const context = ExecutionContext.create(flow, { runId: "r", seed: 7, checkpoints: "memory:uninterrupted" });
  const end = await endOf(context, input);
  await openCheckpointStore("memory:uninterrupted").delete("r");
  return { end, lines };
}

describe("a checkpoint asked for", { timeout: 60_000 }, () => {
  it.each(Object.keys(positions))("%s is resumed in a new process and ends as if nothing had happened", async (name) => {
    const place = join(folder, name.replaceAll(/\W/g, "-"));
    const [store, before, after] = [place, `${place}.before`, `${place}.after`];
    const expected = await uninterrupted(name);

    expect(await inProcess("position-process.ts", "run", name, store, before)).toMatchObject({ code: 9, errors: "" });
    const saved = await openCheckpointStore(store).latest("r");
    expect(saved?.info).toMatchObject({ name: "here", reason: "requested" });
    expect(saved?.steps).toBeLessThan(expected.end.steps);
    const { flow } = (positions[name] as NonNullable<(typeof positions)[string]>)(() => {});
    expect(await canResume(flow, { from: store, runId: "r" })).toMatchObject({ resumable: true, problems: [] });

    const resumed = await inProcess("position-process.ts", "resume", name, store, after);
    expect(resumed).toMatchObject({ code: 0, errors: "" });
    expect(JSON.parse(resumed.output)).toEqual(expected.end);

    // What was committed before the checkpoint is not done again; everything else is done, once.
    const left = tally(expected.lines);
    for (const [task, times] of saved?.completedTasks ?? []) if (left.has(task)) left.set(task, (left.get(task) as number) - times);
    expect(tally(linesOf(after))).toEqual(new Map([...left].filter(([, times]) => times > 0)));
    expect(new Set([...linesOf(before), ...linesOf(after)])).toEqual(new Set(expected.lines));
  });
});
