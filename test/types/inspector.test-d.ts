import { type CheckpointHistory, type RunListeners, task, type Workflow, workflow } from "cairnflow";
import { expectTypeOf, it } from "vitest";
import type { SvgPainter } from "../../src/inspector/graph-png.js";
import {
  checkpointTreeSvg,
  graphPng,
  graphSvg,
  metricSeries,
  metricsSvg,
  recordTimeline,
  report,
  timelineSvg,
} from "../../src/inspector/index.js";

declare const history: CheckpointHistory;
declare const flow: Workflow<number, string>;

it("draws what the library gives, as it is", () => {
  expectTypeOf(async () =>
    graphSvg(flow, { run: (await history.latest("r")) ?? undefined, direction: "right" }),
  ).returns.resolves.toBeString();
  expectTypeOf(async () => graphSvg(await history.load("id"))).returns.resolves.toBeString();
  expectTypeOf(async () => metricsSvg(metricSeries(await history.list("r")))).returns.resolves.toBeString();
  expectTypeOf(async () => metricsSvg([{ name: "loss", points: await history.series("r", "loss") }])).returns.resolves.toBeString();
  expectTypeOf(async () => checkpointTreeSvg(await history.list("r"))).returns.resolves.toBeString();
  expectTypeOf(() => report(history, "r", { values: true })).returns.resolves.toBeString();
  expectTypeOf(() =>
    graphPng(
      graphSvg(
        workflow(
          "w",
          task("a", () => 1),
        ),
      ),
    ),
  ).returns.resolves.toEqualTypeOf<Uint8Array>();
});

it("records with listeners that a run takes", () => {
  expectTypeOf(recordTimeline().listeners).toEqualTypeOf<RunListeners>();
  expectTypeOf(() => timelineSvg(recordTimeline().timeline())).returns.toBeString();
});

it("takes the painter as its package is", () => {
  expectTypeOf<typeof import("@resvg/resvg-js")>().toExtend<SvgPainter>();
});

it("refuses what it does not know", () => {
  // @ts-expect-error there is no such direction
  graphSvg(flow, { direction: "up" });
  // @ts-expect-error a recorder is not what it has recorded
  timelineSvg(recordTimeline());
  // @ts-expect-error the name of a run is a text
  void report(history, 1);
});
