import { expectTypeOf, it } from "vitest";
import { createEngine, type RunHandle, runQueue, submit } from "../../src/bullmq.js";
import { chain, type TaskContext, TaskGraph, task, workflow } from "../../src/index.js";

const load = task("load", (_: TaskContext, path: string): readonly number[] => [path.length]);
const train = task("train", (_: TaskContext, rows: readonly number[]): number => rows.length);
const training = workflow("training", chain(load, train));
const ping = workflow(
  "ping",
  task("ping", () => "pong"),
);
const place = { connection: "redis://localhost", queue: "orders" };
const runs = runQueue(place);

it("types input and output of a run by its workflow", () => {
  expectTypeOf(runs.submit(training, "iris.csv")).resolves.toEqualTypeOf<RunHandle<number>>();
  expectTypeOf(submit(training, "iris.csv", place)).resolves.toEqualTypeOf<RunHandle<number>>();
  expectTypeOf(runs.handle(training, "r1")).toEqualTypeOf<RunHandle<number>>();
  expectTypeOf<Awaited<ReturnType<RunHandle<number>["result"]>>["output"]>().toEqualTypeOf<number>();
  expectTypeOf(runs.submit(ping)).resolves.toEqualTypeOf<RunHandle<string>>();
});

it("takes anything where the code is not known", () => {
  expectTypeOf(runs.submit("training", { rows: 1 })).resolves.toEqualTypeOf<RunHandle<unknown>>();
  expectTypeOf(runs.submit(new TaskGraph("etl"), 1)).resolves.toEqualTypeOf<RunHandle<unknown>>();
});

it("refuses another input, none, and options that are not there", () => {
  // @ts-expect-error the workflow takes a text
  void runs.submit(training, 5);
  // @ts-expect-error the workflow takes an input
  void runs.submit(training);
  // @ts-expect-error the workflow takes a text
  void submit(training, 5, place);
  // @ts-expect-error the queue is missing
  void submit(training, "iris.csv", { connection: "redis://localhost" });
  // @ts-expect-error there is no such option
  void runs.submit(training, "iris.csv", { id: "r1" });
});

it("needs a place for checkpoints in an engine, and keeps them", () => {
  // @ts-expect-error checkpoints are missing
  void createEngine({ ...place, workflows: [training] });
  // @ts-expect-error a run in a queue is stored
  void createEngine({ ...place, workflows: [training], checkpoints: "./runs", durability: "none" });
  // @ts-expect-error engines are ended by close, not by signals of a store
  void createEngine({ ...place, workflows: [training], checkpoints: { store: "./runs", onSignal: ["SIGTERM"] } });
});
