import { describe, expect, it } from "vitest";
import { chain, fork, MemoryCheckpointStore, type RunResult, resume, run, type TaskContext, task, workflow } from "../../src/index.js";
import type { RunTrace, Telemetry } from "../../src/otel/index.js";
import { pathOf, type Watched, watched } from "./support.js";

const first = task("first", (ctx: TaskContext) => {
  ctx.checkpoint({}, { name: "early" });
  return 1;
});
let fails = true;
const second = task("second", (_: TaskContext, n: number) => {
  if (fails) throw new Error("not yet");
  return n + 1;
});
const flow = workflow("order", chain(first, second));

async function failedRun(
  store: MemoryCheckpointStore,
  seen: Watched | null,
  durability: "checkpoint" | "step" = "checkpoint",
): Promise<void> {
  fails = true;
  const running = run(flow, undefined, { runId: "r1", checkpoints: store, durability, ...(seen && { telemetry: seen.telemetry }) });
  await running.catch(() => {});
  fails = false;
}

const resumed = (store: MemoryCheckpointStore, { telemetry }: Watched): Promise<RunResult> =>
  resume(flow, { from: store, runId: "r1", telemetry });

/** The text of a document of the newest checkpoint. */
async function stateOf(store: MemoryCheckpointStore, runId = "r1"): Promise<Record<string, unknown>> {
  const key = (await store.list(runId)).at(-1);
  const files = key && (await store.read(key));
  return JSON.parse(new TextDecoder().decode(files?.state ?? new Uint8Array())) as Record<string, unknown>;
}

describe("a resumed run", () => {
  it.each(["checkpoint", "step"] as const)("goes on in its trace, linked to the part before (durability %s)", async (durability) => {
    const store = new MemoryCheckpointStore();
    const [before, after] = [watched(), watched()];
    await failedRun(store, before, durability);
    await resumed(store, after);

    const spans = [...before.spans(), ...after.spans()];
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(after.spans().map((span) => pathOf(span, spans))).toContain("begin order > task second");
    expect(after.spans().some(({ name }) => name === "begin order")).toBe(false);
    const part = after.span("run order");
    expect(part.parent).toBe(before.span("begin order").id);
    expect(part.links).toEqual([before.span("run order").id]);
    expect(part.attributes).toMatchObject({ "cairnflow.run.origin": "resumed" });
  });

  it("goes on in its trace although a part between was not watched", async () => {
    const store = new MemoryCheckpointStore();
    const [before, after] = [watched(), watched()];
    await failedRun(store, before);
    fails = true;
    await resume(flow, { from: store, runId: "r1" }).catch(() => {});
    fails = false;
    await resumed(store, after);
    expect(after.span("run order").traceId).toBe(before.span("run order").traceId);
  });

  it("begins a trace if it had none, and saves that", async () => {
    const store = new MemoryCheckpointStore();
    const [seen, later] = [watched(), watched()];
    await failedRun(store, null);
    expect(await stateOf(store)).not.toHaveProperty("trace");
    fails = true;
    await resumed(store, seen).catch(() => {});
    fails = false;
    expect(seen.span("begin order").attributes).toMatchObject({ "cairnflow.run.origin": "resumed" });
    await resumed(store, later);
    expect(later.span("run order").parent).toBe(seen.span("begin order").id);
  });
});

describe("a fork", () => {
  it("begins a trace of its own, linked to that of the other run", async () => {
    const store = new MemoryCheckpointStore();
    const [before, after] = [watched(), watched()];
    await failedRun(store, before);
    await fork(flow, { from: store, runId: "r1", at: "early", newRunId: "r2", telemetry: after.telemetry });
    const begun = after.span("begin order");
    expect(begun.traceId).not.toBe(before.span("begin order").traceId);
    expect(begun.links).toEqual([before.span("begin order").id]);
    expect(new Set(after.spans().map(({ traceId }) => traceId))).toEqual(new Set([begun.traceId]));
  });

  it("that nobody watches does not take the trace of the other run", async () => {
    const store = new MemoryCheckpointStore();
    await failedRun(store, watched());
    fails = true;
    await fork(flow, { from: store, runId: "r1", at: "early", newRunId: "r2" }).catch(() => {});
    expect(await stateOf(store, "r2")).not.toHaveProperty("trace");
    expect(await stateOf(store)).toHaveProperty("trace.root.traceparent", expect.stringMatching(/^00-/));
  });
});

/** Telemetry that says the run stands there in a trace. */
function claiming(trace: unknown): Telemetry {
  const span = { trace: null, within: <T>(call: () => T): T => call(), end() {}, committed() {}, failed() {} };
  return { run: () => ({ ...span, trace: trace as RunTrace, attempt: () => span, checkpoint: () => span }), body: () => span };
}

describe("a checkpoint whose trace context is none", () => {
  const good = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: null };
  it.each([
    ["text", "javascript:alert(1)"],
    ["zeros", { root: { ...good, traceparent: `00-${"0".repeat(32)}-b7ad6b7169203331-01` }, run: good }],
    ["escapes", { root: good, run: { ...good, traceparent: "\u001b[31m" } }],
    ["half of one", { root: good }],
    ["a list", [good, good]],
  ])("is resumed all the same, and begins a trace: %s", async (_, trace) => {
    const store = new MemoryCheckpointStore();
    const seen = watched();
    fails = true;
    await run(flow, undefined, { runId: "r1", checkpoints: store, telemetry: claiming(trace) }).catch(() => {});
    fails = false;
    expect(await stateOf(store)).toHaveProperty("trace", JSON.parse(JSON.stringify(trace)));
    expect((await resumed(store, seen)).output).toBe(2);
    const begun = seen.span("begin order");
    expect([begun.parent, begun.links, seen.span("run order").links]).toEqual([null, [], []]);
  });
});
