import { fork, InvalidOptionError, openCheckpointStore, run, type TaskContext, task, workflow } from "cairnflow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CheckpointReason } from "../../src/core/checkpoint.js";
import type { ListedCheckpoint } from "../../src/engine/checkpoint-history.js";
import { checkpointTreeSvg } from "../../src/inspector/index.js";
import { treeRows } from "../../src/inspector/tree-rows.js";
import { anyName } from "./graphs.js";
import { readable, readXml, textsIn, titlesIn } from "./xml.js";

const REASONS: readonly CheckpointReason[] = ["requested", "auto", "periodic", "error", "signal"];

const listed = (runId: string, seq: number, more: Partial<ListedCheckpoint> = {}): ListedCheckpoint => ({
  runId,
  seq,
  id: `${runId}-${seq}`,
  name: null,
  createdAt: new Date(seq * 1_000).toISOString(),
  reason: "requested",
  steps: seq,
  taskId: "train",
  cycle: seq,
  parent: seq === 1 ? null : `${runId}-${seq - 1}`,
  forkedFrom: null,
  progress: { completed: seq, total: seq + 1 },
  metrics: {},
  bytes: 1_234,
  metadata: {},
  pinned: false,
  ...more,
});
const many = (runId: string, count: number): ListedCheckpoint[] => Array.from({ length: count }, (_, index) => listed(runId, index + 1));

describe("the tree of checkpoints", () => {
  it("has a line for each checkpoint, with name, reason and pin", () => {
    const two = [listed("r", 2, { pinned: true, reason: "error" }), listed("r", 1, { name: "first" })];
    expect(readable(checkpointTreeSvg(two))).toMatchInlineSnapshot(`
      "<svg xmlns="http://www.w3.org/2000/svg" width="960" height="138" viewBox="0 0 960 138" class="cf" role="img" aria-label="checkpoints">
      <title>checkpoints</title>
      <rect class="cf-bg" width="960" height="138">
      </rect>
      <g>
      <line class="cf-rail cf-lane0" x1="28" x2="28" y1="33" y2="59">
      </line>
      <line class="cf-rail cf-lane0" x1="28" x2="28" y1="59" y2="85">
      </line>
      </g>
      <g>
      <title>run r</title>
      <text x="50" y="37" class="cf-b">run r</text>
      </g>
      <g>
      <title>checkpoint r-1, asked for by train, cycle 1 · 1 step · 1970-01-01 00:00:01 UTC · 1.23 kB</title>
      <path class="cf-point cf-lane0" transform="translate(28 59)" d="M0-5A5 5 0 1 1-.01-5Z">
      </path>
      <text x="50" y="63">1 first</text>
      <text x="105.9" y="63" class="cf-s cf-m">asked for by train, cycle 1 · 1 step · 1970-01-01 00:00:01 UTC · 1.23 kB</text>
      </g>
      <g>
      <title>checkpoint r-2, on failure by train, cycle 2 · 2 steps · 1970-01-01 00:00:02 UTC · 1.23 kB · pinned</title>
      <path class="cf-point cf-lane0" transform="translate(28 85)" d="M-5-5 5 5M5-5-5 5">
      </path>
      <text x="50" y="89">2</text>
      <path class="cf-mark" transform="translate(74 85)" d="M-3-6H3L2-1 4 1H.7L0 7-.7 1H-4L-2-1Z">
      </path>
      <text x="88.3" y="89" class="cf-s cf-m">on failure by train, cycle 2 · 2 steps · 1970-01-01 00:00:02 UTC · 1.23 kB · pinned</text>
      </g>
      <g>
      <path class="cf-point cf-lane0" transform="translate(33 117)" d="M0-5A5 5 0 1 1-.01-5Z">
      </path>
      <text x="50" y="121" class="cf-s cf-m">asked for</text>
      <path class="cf-point cf-lane0" transform="translate(137.1 117)" d="M-5-5 5 5M5-5-5 5">
      </path>
      <text x="154.1" y="121" class="cf-s cf-m">on failure</text>
      <g>
      <path class="cf-mark" transform="translate(243 117)" d="M-3-6H3L2-1 4 1H.7L0 7-.7 1H-4L-2-1Z">
      </path>
      </g>
      <text x="260.4" y="121" class="cf-s cf-m">pinned</text>
      </g>
      </svg>"
    `);
  });

  it("shows a fork below the checkpoint that it comes from, on a line of its own", async () => {
    const loop = task("loop", (ctx: TaskContext, n: number) => {
      ctx.checkpoint({}, { name: `pass-${ctx.cycle}` });
      if (ctx.cycle < 3) ctx.nextIteration(n);
    });
    const flow = workflow("forked", loop);
    await run(flow, 1, { checkpoints: "memory:tree", runId: "r" });
    const forked = await fork(flow, { from: "memory:tree", runId: "r", at: "pass-2", newRunId: "f" });
    const history = openCheckpointStore("memory:tree");
    const all = [...(await history.list("r")), ...(await history.list(forked.runId))];
    const rows = treeRows(all, 100);
    const [origin, head] = [
      rows.findIndex((row) => row.kind === "checkpoint" && row.checkpoint.name === "pass-2" && row.lane === 0),
      rows.findIndex((row) => row.kind === "run" && row.lane === 1),
    ];
    expect(origin).toBeGreaterThan(0);
    expect(head).toBeGreaterThan(origin);
    expect(titlesIn(checkpointTreeSvg(all)).some((title) => /^run .*, forked from r at /.test(title))).toBe(true);
  });

  it("has a fork after its origin, whatever the clocks of the machines said", () => {
    const early = listed("f", 1, { createdAt: "1969-01-01T00:00:00.000Z", forkedFrom: { runId: "r", checkpointId: "r-3" } });
    const lines = treeRows([...many("r", 4), early], 100).map((row) => (row.kind === "checkpoint" ? row.checkpoint.id : row.kind));
    expect(lines).toEqual(["run", "r-1", "r-2", "r-3", "run", "f-1", "r-4"]);
  });

  it("draws a curve to the checkpoint that a run went on from, if that was not its last", () => {
    const resumed = [...many("r", 4), listed("r", 5, { parent: "r-2" })];
    expect(checkpointTreeSvg(resumed).match(/cf-rail cf-lane0" d="M[\d. ]+C/g)).toHaveLength(1);
    expect(checkpointTreeSvg(many("r", 5))).not.toMatch(/cf-rail cf-lane0" d=/);
  });

  it("keeps first, last, origins, pinned and named ones of thousands, and says how many are not shown", () => {
    const all = many("r", 3_000).map((one) =>
      one.seq === 700 ? { ...one, pinned: true } : one.seq === 900 ? { ...one, name: "best" } : one,
    );
    const child = listed("f", 1, { createdAt: new Date(5e6).toISOString(), forkedFrom: { runId: "r", checkpointId: "r-500" } });
    const rows = treeRows([...all, child], 200);
    const seqs = rows.flatMap((row) => (row.kind === "checkpoint" && row.checkpoint.runId === "r" ? [row.checkpoint.seq] : []));
    for (const seq of [1, 500, 700, 900, 3_000]) expect(seqs).toContain(seq);
    const hidden = rows.reduce((sum, row) => sum + (row.kind === "gap" ? row.count : 0), 0);
    expect(hidden + seqs.length).toBe(3_000);
    expect(textsIn(checkpointTreeSvg([...all, child]))).toContain("498 checkpoints not shown");
  });

  it("says how many runs it leaves out, and when there is nothing", () => {
    expect(textsIn(checkpointTreeSvg(Array.from({ length: 20 }, (_, i) => listed(`r${i}`, 1))))).toContain("Not shown: 4 more runs.");
    expect(textsIn(checkpointTreeSvg([]))).toContain("There is no checkpoint.");
  });

  it("comes to its end and is well-formed whatever is stored: forks of each other, clocks that lie, any name", () => {
    const any = fc.record({
      runId: fc.constantFrom("a", "b", "c"),
      seq: fc.integer({ min: 1, max: 6 }),
      name: fc.option(anyName),
      taskId: fc.option(anyName),
      reason: fc.constantFrom(...REASONS),
      createdAt: fc.oneof(fc.constantFrom("2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"), anyName),
      parent: fc.option(fc.constantFrom("a-1", "b-2", "c-3")),
      forkedFrom: fc.option(fc.record({ runId: anyName, checkpointId: fc.constantFrom("a-1", "b-2", "c-3") })),
      pinned: fc.boolean(),
    });
    const property = fc.property(fc.array(any, { maxLength: 20 }), (all) => {
      const checkpoints = all.map(({ runId, seq, ...more }) => listed(runId, seq, more));
      expect(treeRows(checkpoints, 1_000).filter(({ kind }) => kind === "checkpoint")).toHaveLength(checkpoints.length);
      expect(() => readXml(checkpointTreeSvg(checkpoints))).not.toThrow();
    });
    fc.assert(property, { numRuns: 200 });
  });

  it("is refused for what is no list", () => {
    for (const bad of [null, {}, "r"]) expect(() => checkpointTreeSvg(bad as never)).toThrow(InvalidOptionError);
  });
});
