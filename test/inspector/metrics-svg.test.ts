import { InvalidOptionError, openCheckpointStore, run, type TaskContext, task, workflow } from "cairnflow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { metricSeries, metricsSvg } from "../../src/inspector/index.js";
import { multiplesIn, niceStep, niceTimeStep } from "../../src/inspector/ticks.js";
import { anyName } from "./graphs.js";
import { readable, readXml, textsIn, titlesIn } from "./xml.js";

const seriesOf = (name: string, values: readonly number[]) => ({
  name,
  points: values.map((value, index) => ({ seq: index + 1, steps: index * 10, value })),
});

describe("the curves of metrics", () => {
  it("have axes, least, greatest and last value", () => {
    expect(readable(metricsSvg([seriesOf("loss", [3, 1.5, 1])]))).toMatchInlineSnapshot(`
      "<svg xmlns="http://www.w3.org/2000/svg" width="480" height="220" viewBox="0 0 480 220" class="cf" role="img" aria-label="metrics">
      <title>metrics</title>
      <rect class="cf-bg" width="480" height="220">
      </rect>
      <g transform="translate(10 10)">
      <g>
      <title>loss</title>
      <text x="62" y="18" class="cf-b">loss</text>
      <text x="62" y="34" class="cf-s cf-m">last 1, least 1, greatest 3</text>
      <g>
      <line class="cf-axis" x1="62" x2="440" y1="168" y2="168">
      </line>
      <text x="62" y="183" class="cf-s cf-m cf-mid">0</text>
      <text x="156.5" y="183" class="cf-s cf-m cf-mid">5</text>
      <text x="251" y="183" class="cf-s cf-m cf-mid">10</text>
      <text x="345.5" y="183" class="cf-s cf-m cf-mid">15</text>
      <text x="440" y="183" class="cf-s cf-m cf-mid">20</text>
      <text x="440" y="199" class="cf-s cf-m cf-end">steps</text>
      </g>
      <g>
      <line class="cf-grid" x1="62" x2="440" y1="162.5" y2="162.5">
      </line>
      <text x="56" y="166.5" class="cf-s cf-m cf-end">1</text>
      <line class="cf-grid" x1="62" x2="440" y1="108" y2="108">
      </line>
      <text x="56" y="112" class="cf-s cf-m cf-end">2</text>
      <line class="cf-grid" x1="62" x2="440" y1="53.5" y2="53.5">
      </line>
      <text x="56" y="57.5" class="cf-s cf-m cf-end">3</text>
      </g>
      <path class="cf-curve" d="M62 53.5L251 135.3L440 162.5">
      </path>
      <circle class="cf-dot" cx="62" cy="53.5" r="2.5">
      <title>3 at step 0, checkpoint 1</title>
      </circle>
      <circle class="cf-dot" cx="251" cy="135.3" r="2.5">
      <title>1.5 at step 10, checkpoint 2</title>
      </circle>
      <circle class="cf-dot" cx="440" cy="162.5" r="2.5">
      <title>1 at step 20, checkpoint 3</title>
      </circle>
      </g>
      </g>
      </svg>"
    `);
  });

  it("are made of a list of checkpoints", async () => {
    const loop = task("loop", (ctx: TaskContext, n: number) => {
      ctx.metric("loss", 1 / ctx.cycle);
      ctx.checkpoint();
      if (ctx.cycle < 3) ctx.nextIteration(n);
    });
    await run(workflow("measured", loop), 1, { checkpoints: "memory:measured", runId: "r" });
    const history = openCheckpointStore("memory:measured");
    expect(metricSeries(await history.list("r"))).toEqual([{ name: "loss", points: await history.series("r", "loss") }]);
  });

  it("break at values that are not finite, which are marked and counted", () => {
    const svg = metricsSvg([seriesOf("loss", [1, Number.NaN, 2, 3, Number.POSITIVE_INFINITY])]);
    expect(textsIn(svg)).toContain("last Infinity, least 1, greatest 3, 2 values not finite");
    expect(titlesIn(svg)).toEqual(expect.arrayContaining(["NaN at step 10, checkpoint 2", "Infinity at step 40, checkpoint 5"]));
    expect(svg.split('class="cf-curve"').length - 1).toBe(2);
  });

  it("keep their extremes when there are more points than pixels, and stay small", () => {
    const values = Array.from({ length: 50_000 }, (_, i) => (i === 31_234 ? 99 : Math.sin(i / 1_000)));
    const svg = metricsSvg([seriesOf("wave", values)]);
    expect(svg.length).toBeLessThan(60_000);
    const highest = Math.min(...[...svg.matchAll(/[ML](\d+\.?\d*) (\d+\.?\d*)/g)].map(([, , y]) => Number(y)));
    expect(highest).toBeLessThan(60);
  });

  it("say how many are left out, and when there is none", () => {
    expect(textsIn(metricsSvg(Array.from({ length: 30 }, (_, i) => seriesOf(`m${i}`, [i]))))).toContain("Not shown: 6 more metrics.");
    expect(textsIn(metricsSvg([]))).toContain("There is no metric.");
  });

  it("are well-formed and have finite places whatever the names and values", () => {
    const values = fc.array(fc.double(), { maxLength: 12 });
    const property = fc.property(fc.array(fc.tuple(anyName, values), { maxLength: 3 }), (all) => {
      const svg = metricsSvg(all.map(([name, own]) => seriesOf(name, own)));
      expect(() => readXml(svg)).not.toThrow();
      expect(svg).not.toMatch(/="[^"]*(NaN|Infinity|undefined)/);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it("are refused for what is no series", () => {
    for (const bad of [null, {}, [1], [{ name: "a" }], "x"]) expect(() => metricsSvg(bad as never)).toThrow(InvalidOptionError);
    expect(() => metricSeries(1 as never)).toThrow(InvalidOptionError);
  });
});

describe("ticks", () => {
  it("are round numbers in the span, few and in order", () => {
    expect(multiplesIn(0, 1, niceStep(1, 5))).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(multiplesIn(0.21, 0.39, niceStep(0.18, 4))).toEqual([0.25, 0.3, 0.35]);
    expect(niceTimeStep(3_600_000, 8)).toBe(600_000);
    const span = fc.double({ min: 1e-6, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), span, (from, width) => {
        expect(multiplesIn(from, from + width, niceStep(width, 6)).length).toBeLessThanOrEqual(8);
        expect(multiplesIn(0, width, niceTimeStep(width, 8)).length).toBeLessThanOrEqual(10);
      }),
    );
  });
});
