import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CheckpointView, openCheckpointStore } from "cairnflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChildProgram, inLanes } from "./children.js";
import { committed, NAMES, OUTPUT } from "./commit-workflow.js";

let program: ChildProgram;
let folder = "";

beforeAll(async () => {
  program = new ChildProgram(new URL("./killed-commit.ts", import.meta.url));
  folder = await mkdtemp(join(tmpdir(), "cairnflow-commit-"));
});
afterAll(async () => {
  program.remove();
  await rm(folder, { recursive: true, force: true });
});

type Point = { readonly kind: "whole" | "straight"; readonly when: "before" | "after"; readonly at: number };

async function killAt({ kind, when, at }: Point) {
  const root = join(folder, `${kind}-${when}-${at}`);
  const ended = await program.start([root, kind, when, String(at)]).ended;
  expect(ended.errors).toBe("");
  return { root, fired: ended.signal === "SIGKILL", output: ended.output };
}

/** Throws unless the newest checkpoint is the first or the second one, whole, and the run goes on from it to the right end. */
async function checkAndResume(root: string): Promise<number> {
  const history = openCheckpointStore(root);
  const found = (await history.latest("r1")) as CheckpointView;
  const { seq } = found.info;
  expect([1, 2]).toContain(seq);
  expect({ steps: found.steps, total: found.channel.get("total"), done: found.channel.get("done") }).toEqual({
    steps: seq,
    total: seq,
    done: NAMES.slice(0, seq),
  });
  const { output, steps } = await committed.resume({ from: root, runId: "r1", checkpoints: { store: root, every: "task" } });
  expect({ output, steps }).toEqual({ output: OUTPUT, steps: 3 });
  const end = (await history.latest("r1")) as CheckpointView;
  expect({ total: end.channel.get("total"), done: end.channel.get("done") }).toEqual({ total: 3, done: NAMES });
  expect((await history.verify("r1")).filter(({ damage }) => damage !== null)).toEqual([]);
  return seq;
}

/** Kills at every call of the second commit; resolves to what was found afterwards. */
async function killAtEveryCall(kind: Point["kind"]) {
  const calls = Number((await killAt({ kind, when: "before", at: 0 })).output);
  const places = Array.from({ length: calls }, (_, place) => place + 1);
  const points = (["before", "after"] as const).flatMap((when) => places.map((at): Point => ({ kind, when, at })));
  const found: Record<"fired" | "old" | "new", number> = { fired: 0, old: 0, new: 0 };
  const torn: string[] = [];
  await inLanes(points, 2, async (point) => {
    const { root, fired } = await killAt(point);
    if (fired) found.fired++;
    try {
      found[(await checkAndResume(root)) === 1 ? "old" : "new"]++;
    } catch (error) {
      torn.push(`${point.when} call ${point.at}: ${String(error)}`);
    }
    await rm(root, { recursive: true });
  });
  console.log(
    `kill at every call (${kind}): points ${points.length}, fired ${found.fired}, old ${found.old}, new ${found.new}, torn ${torn.length}`,
  );
  return { ...found, points: points.length, torn };
}

describe("a run killed at a file-system call of a commit", { timeout: 180_000 }, () => {
  it("goes on from the checkpoint before or from the new one, whole, at each of them", async () => {
    const { fired, points, torn, ...found } = await killAtEveryCall("whole");
    expect(torn).toEqual([]);
    expect(points).toBeGreaterThan(40);
    expect(fired).toBe(points);
    expect(Math.min(found.old, found.new)).toBeGreaterThan(0);
  });

  it("is found torn if the store writes its files where readers look for them", async () => {
    const { fired, points, torn } = await killAtEveryCall("straight");
    expect(fired).toBe(points);
    expect(torn.length).toBeGreaterThan(5);
    for (const line of torn) expect(line).toContain("CheckpointCorruptError");
  });
});
