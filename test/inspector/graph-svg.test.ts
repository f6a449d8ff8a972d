import {
  chain,
  ExecutionContext,
  InvalidOptionError,
  openCheckpointStore,
  run,
  type Task,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DefinitionError } from "../../src/core/errors.js";
import type { GraphJSON } from "../../src/core/graph-json.js";
import type { Box } from "../../src/inspector/boxes.js";
import { graphSvg, recordTimeline } from "../../src/inspector/index.js";
import { placeGraph } from "../../src/inspector/place-graph.js";
import { textWidth } from "../../src/inspector/text-size.js";
import { anyGraph, anyName, HOSTILE, training } from "./graphs.js";
import { readable, readXml, textsIn, titlesIn, within } from "./xml.js";

const same = (_ctx: TaskContext, value: unknown): unknown => value;
type Plain = Task<unknown, unknown, string>;
const NODE = { join: "all", reference: { strategy: "reference", module: "m", name: "n", qualname: "q" } } as const;
const SIZE = { width: 60, height: 30 };
const sizes = { task: () => SIZE, groupHead: () => SIZE };

const apart = (a: Box, b: Box): boolean =>
  a.x + a.width <= b.x + 0.01 || b.x + b.width <= a.x + 0.01 || a.y + a.height <= b.y + 0.01 || b.y + b.height <= a.y + 0.01;
const contains = (outer: Box, inner: Box): boolean =>
  inner.x >= outer.x - 0.01 &&
  inner.y >= outer.y + SIZE.height - 0.01 &&
  inner.x + inner.width <= outer.x + outer.width + 0.01 &&
  inner.y + inner.height <= outer.y + outer.height + 0.01;

/** Pairs of nodes that overlap though neither is in the other. */
function overlaps(graph: GraphJSON, boxes: ReadonlyMap<string, Box>): string[] {
  const nodes = [...boxes];
  const isGroup = new Set(graph.groups.map(({ id }) => id));
  return nodes.flatMap(([id, box], index) =>
    nodes.slice(index + 1).flatMap(([other, otherBox]) => {
      const nested = (isGroup.has(id) && contains(box, otherBox)) || (isGroup.has(other) && contains(otherBox, box));
      return nested || apart(box, otherBox) ? [] : [`${id} and ${other}`];
    }),
  );
}

/** Two names, each that of a task in the other and of a group. */
const NAMED_TWICE: GraphJSON = {
  name: "twice",
  starts: [],
  nodes: [
    { ...NODE, id: "a", group: "b" },
    { ...NODE, id: "b", group: "a" },
  ],
  groups: ["a", "b"].map((id) => ({ id, kind: "parallel", group: null, policy: "strict", concurrency: null, branches: [] })),
  edges: [],
};

describe("the picture of a graph", () => {
  it("is the same text for the same graph", () => {
    const pair = workflow("pair", chain(task("a", same), task("b", same)));
    expect(readable(graphSvg(pair))).toMatchInlineSnapshot(`
      "<svg xmlns="http://www.w3.org/2000/svg" width="400" height="210" viewBox="0 0 400 210" class="cf" role="img" aria-label="graph pair">
      <title>graph pair</title>
      <rect class="cf-bg" width="400" height="210">
      </rect>
      <g>
      <title>pair</title>
      <text x="20" y="26" class="cf-b">pair</text>
      </g>
      <g transform="translate(164 44)">
      <g>
      <path class="cf-line" d="M36 33Q36 43 36 48Q36 53 36 58Q36 63 36 65L36 67">
      </path>
      <path class="cf-tip" d="M36 73L40 65L32 65Z">
      </path>
      </g>
      <g>
      <title>task a; a run may start here</title>
      <rect class="cf-box" x="0" y="0" width="72" height="33" rx="16.5">
      </rect>
      <text x="36" y="21" class="cf-b cf-mid">a</text>
      </g>
      <g>
      <title>task b</title>
      <rect class="cf-box" x="0" y="73" width="72" height="33" rx="5">
      </rect>
      <text x="36" y="94" class="cf-b cf-mid">b</text>
      </g>
      </g>
      <g>
      <rect class="cf-box" x="21" y="181" width="24" height="12" rx="6">
      </rect>
      <text x="50" y="191" class="cf-s cf-m">start</text>
      </g>
      </svg>"
    `);
    expect(graphSvg(training())).toBe(graphSvg(training()));
  });

  it("has every task and group, with what it is to others", () => {
    const titles = titlesIn(graphSvg(training()));
    for (const id of ["load", "clean", "rows", "score", "stats", "train", "end"])
      expect(titles.some((title) => title.startsWith(`task ${id}`))).toBe(true);
    expect(titles).toContain("task load; a run may start here");
    expect(titles).toContain("group features; parallel, atLeast(1)");
    expect(titles).toContain("group each-score; each, strict, 8 at once");
    expect(textsIn(graphSvg(training()))).toEqual(expect.arrayContaining(["start", "goes back"]));
  });

  it("draws joins and edges that go back in their own way, and says so", () => {
    const [a, b, c, d] = [task("a", same), task("b", same), task("c", same), task("d", same)];
    const diamond = graphSvg(
      workflow("diamond", chain(a, b, d))
        .graph.add(c)
        .edge(a, c)
        .edge(c, d),
    );
    expect(titlesIn(diamond)).toContain("task d; waits for all edges into it");
    expect(textsIn(diamond)).toContain("join: waits for all");
    expect(diamond).not.toContain('class="cf-line cf-back"');
    expect(graphSvg(training()).split('class="cf-line cf-back"').length - 1).toBe(3);
  });

  it("draws down or to the right", () => {
    const sizeOf = (svg: string) => ["width", "height"].map((name) => Number(readXml(svg).attributes.get(name)));
    const [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map((id) => task(id, same)) as [Plain, Plain, Plain, Plain, Plain];
    const long = workflow("long", chain(a, b, c, d, e));
    const [down, right] = [sizeOf(graphSvg(long)), sizeOf(graphSvg(long, { direction: "right" }))];
    expect(down[1]).toBeGreaterThan(right[1] as number);
    expect(right[0]).toBeGreaterThan(down[0] as number);
  });

  it("can be made of a workflow, a graph, its data and a checkpoint alike", async () => {
    const pair = workflow("pair", chain(task("a", same), task("b", same)));
    expect(graphSvg(pair.graph)).toBe(graphSvg(pair));
    expect(graphSvg(pair.graph.toJSON())).toBe(graphSvg(pair));
    await run(pair, 1, { checkpoints: { store: "memory:drawn", every: "task" }, runId: "r" });
    const view = await openCheckpointStore("memory:drawn").latest("r");
    if (view === null) throw new Error("found no checkpoint");
    expect(graphSvg(view)).toBe(graphSvg(pair, { run: view }));
  });

  it("is refused for what has no graph, and for options it does not know", () => {
    const pair = workflow("pair", chain(task("a", same), task("b", same)));
    for (const bad of [null, 1, "graph"]) expect(() => graphSvg(bad as never)).toThrow(DefinitionError);
    for (const bad of [{ direction: "up" }, { run: {} }, { run: 1 }, { timeline: [] }, { way: "down" }, null])
      expect(() => graphSvg(pair, bad as never)).toThrow(InvalidOptionError);
  });

  it("has a place for every node, none over another, and members inside their groups: 300 graphs of any shape", () => {
    const property = fc.property(
      anyGraph(fc.string({ minLength: 1, maxLength: 3 })),
      fc.constantFrom("down" as const, "right" as const),
      (graph, direction) => {
        const { boxes, width, height } = placeGraph(graph, sizes, direction);
        const ids = new Set([...graph.nodes, ...graph.groups].map(({ id }) => id));
        expect(new Set(boxes.keys())).toEqual(ids);
        expect(overlaps(graph, boxes)).toEqual([]);
        for (const { x, y, width: w, height: h } of boxes.values()) {
          expect(Math.min(x, y)).toBeGreaterThanOrEqual(-0.01);
          expect([x + w <= width + 0.01, y + h <= height + 0.01]).toEqual([true, true]);
        }
      },
    );
    fc.assert(property, { numRuns: 300, examples: [[NAMED_TWICE, "down"]] });
  });

  it("is well-formed whatever the names: 200 graphs", () => {
    fc.assert(
      fc.property(anyGraph(anyName), (graph) => {
        const svg = graphSvg(graph);
        expect(() => readXml(svg)).not.toThrow();
        expect([...within(readXml(svg))].filter(({ name }) => !ELEMENTS.has(name))).toEqual([]);
        expect(svg.replaceAll("\n", "")).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      }),
      { numRuns: 200 },
    );
  });

  it("has hostile names as texts only, long ones shortened, with the whole name in a title", () => {
    const svg = graphSvg({ ...training().toJSON(), name: HOSTILE.join(" ") });
    expect(textsIn(svg)[0]).toMatch(/^"><script>window.harmed/);
    expect(svg).not.toMatch(/<(script|img)|on\w+=["']/);
    const long = "n".repeat(120);
    const drawn = graphSvg(workflow("w", chain(task(long, same), task("b", same))));
    expect(titlesIn(drawn).some((title) => title.includes(long))).toBe(true);
    for (const text of textsIn(drawn)) expect(textWidth(text, 13)).toBeLessThan(260);
  });

  it("of 500 tasks is laid out", { timeout: 60_000 }, () => {
    const ids = Array.from({ length: 500 }, (_, index) => `t${index}`);
    const node = (id: string) => ({ ...NODE, id, group: null });
    const edges = ids
      .slice(1)
      .flatMap((to, index) => [
        { from: `t${Math.floor(index / 2)}`, to, back: false },
        ...(index % 5 === 0 ? [{ from: `t${Math.floor(index / 3)}`, to, back: false }] : []),
      ]);
    const svg = graphSvg({ name: "many", starts: ["t0"], nodes: ids.map(node), groups: [], edges });
    expect(titlesIn(svg).filter((title) => title.startsWith("task "))).toHaveLength(500);
  });
});

const ELEMENTS = new Set(["svg", "g", "title", "style", "rect", "path", "text", "line", "circle"]);

describe("the picture of a run", () => {
  it("has the state of each task by sign and word, counts, cycles and attempts", async () => {
    const loop = task("loop", (ctx: TaskContext, n: number) => {
      if (ctx.cycle < 3) ctx.nextIteration(n);
      return n;
    });
    const broken = task("broken", (_ctx: TaskContext, _n: number): number => {
      throw new TypeError("no such <table>");
    });
    const never = task("never", same);
    const failing = workflow("failing", chain(loop, broken, never));
    await run(failing, 1, { checkpoints: "memory:failing", runId: "r" }).catch(() => {});
    const view = await openCheckpointStore("memory:failing").latest("r");
    if (view === null) throw new Error("found no checkpoint");
    const svg = graphSvg(view);
    expect(titlesIn(svg).find((title) => title.startsWith("task loop"))).toBe("task loop; a run may start here; completed ×3");
    expect(titlesIn(svg).find((title) => title.startsWith("task broken"))).toMatch(
      /^task broken; failed; TaskFailedError|TypeError: .*no such <table>/,
    );
    expect(titlesIn(svg)).toContain("task never");
    expect(textsIn(svg)).toEqual(expect.arrayContaining(["completed ×3", "failed", "completed", "not reached"]));
    expect(svg).toContain("cf-failed cf-icon");
  });

  it("has tasks beside the graph, and says how many are not shown", async () => {
    const extra = task("extra", (_ctx: TaskContext, n: number) => n);
    const many = task("many", (ctx: TaskContext, n: number) => {
      for (let i = 0; i < n; i++) ctx.nextTask(extra, { input: i, id: `extra-${i}` });
    });
    const context = ExecutionContext.create(workflow("queueing", many, { tasks: [extra] }), { checkpoints: "memory:queueing", runId: "r" });
    await context.step(45);
    await context.checkpoint();
    const view = await openCheckpointStore("memory:queueing").latest("r");
    if (view === null) throw new Error("found no checkpoint");
    const titles = titlesIn(graphSvg(view));
    expect(titles.filter((title) => title.startsWith("task extra-"))).toHaveLength(40);
    expect(titles).toContain("group queued by tasks (5 more tasks not shown)");
  });

  it("has what was recorded of its times", async () => {
    const recorder = recordTimeline();
    const pair = workflow("timed", chain(task("a", same), task("b", same)));
    await run(pair, 1, { events: recorder.listeners });
    expect(textsIn(graphSvg(pair, { timeline: recorder.timeline() })).filter((text) => / ms$/.test(text))).toHaveLength(2);
  });
});
