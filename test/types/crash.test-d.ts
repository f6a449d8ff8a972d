import { MemoryChannel, MemoryCheckpointStore, type TaskContext, task, type Workflow, workflow } from "cairnflow";
import {
  type CrashPlace,
  type CrashReport,
  crashMatrix,
  type FlakyChannel,
  type FlakyStore,
  flaky,
  jumpyClock,
  type SimulatedClock,
  simulatedClock,
} from "cairnflow/testing";
import { expectTypeOf, it } from "vitest";

const taking = workflow(
  "taking",
  task("take", (_ctx: TaskContext, n: number) => n),
);
const plain = workflow(
  "plain",
  task("plain", (_ctx: TaskContext) => 1),
);

it("a crash matrix takes the input of its workflow", () => {
  expectTypeOf(crashMatrix(taking, { input: 1 })).resolves.toEqualTypeOf<CrashReport>();
  void crashMatrix(() => taking, { input: 1, limit: 3 });
  void crashMatrix((place) => (expectTypeOf(place).toEqualTypeOf<CrashPlace>(), taking), { input: 1 });
  void crashMatrix(taking, { input: 1, mocks: { take: (_ctx, n) => n } });
  void crashMatrix(taking, { input: 1, mocks: (place) => ({ take: (_ctx, n) => [place.name, n] }) });
  // @ts-expect-error it takes a number
  void crashMatrix(taking, { input: "one" });
  // @ts-expect-error it takes a number
  void crashMatrix(() => taking, { input: "one" });
  // @ts-expect-error it takes something
  void crashMatrix(taking);
  // @ts-expect-error there is no such option
  void crashMatrix(taking, { input: 1, often: 3 });
});

it("a crash matrix of a workflow without an input needs none, and of what is not typed takes any", () => {
  void crashMatrix(plain);
  void crashMatrix(plain, { durability: "checkpoint" });
  void crashMatrix(
    workflow(
      "w",
      task("w", () => 1),
    ) as Workflow<unknown, unknown>,
    { input: "any" },
  );
  void crashMatrix({ module: new URL("file:///flow.js"), export: "flow" }, { input: "any", store: "./matrix" });
});

it("what is flaky stays what it is", () => {
  expectTypeOf(flaky(new MemoryCheckpointStore(), { faults: [] })).toEqualTypeOf<FlakyStore>();
  const channel = flaky(new MemoryChannel<{ n: number }>(), { faults: [] });
  expectTypeOf(channel).toEqualTypeOf<FlakyChannel<{ n: number }>>();
  expectTypeOf(channel.get("n")).resolves.toEqualTypeOf<number | undefined>();
  // @ts-expect-error there is no such call
  void flaky(new MemoryCheckpointStore(), { faults: [{ call: "write", at: 1, kind: "fail" }] });
  // @ts-expect-error a channel in memory loses no answer
  void flaky(new MemoryChannel(), { faults: [{ call: "commit", at: 1, kind: "lostReply" }] });
  expectTypeOf(jumpyClock(simulatedClock())).toExtend<SimulatedClock>();
});
