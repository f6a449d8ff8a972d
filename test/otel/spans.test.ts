import { context, type Span, type TracerProvider, trace } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { chain, each, MemoryCheckpointStore, parallel, run, type TaskContext, task, workflow } from "../../src/index.js";
import { pathOf, watched, withContexts } from "./support.js";

withContexts();

/** What a library does that is instrumented: a span around an await. */
async function query(provider: TracerProvider, name: string): Promise<void> {
  const span = provider.getTracer("library").startSpan(name);
  await new Promise(setImmediate);
  span.end();
}

describe("the spans of a run", () => {
  it("are one for the run, one for each attempt and one for each checkpoint, below one that is over at once", async () => {
    const seen = watched();
    const load = task("load", (_: TaskContext, n: number) => n + 1);
    const save = task("save", (ctx: TaskContext, n: number) => {
      ctx.checkpoint({ secret: "payload-value" }, { name: "half" });
      return n * 2;
    });
    const flow = workflow("order", chain(load, save), { version: 3 });
    await run(flow, 1, { runId: "r1", checkpoints: "memory:", telemetry: seen.telemetry });

    const spans = seen.spans();
    expect(spans.map((span) => pathOf(span, spans))).toEqual([
      "begin order",
      "begin order > task load",
      "begin order > task save",
      "begin order > checkpoint order",
      "begin order > run order",
    ]);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    const facts = { "cairnflow.run.id": "r1", "cairnflow.workflow.name": "order", "cairnflow.workflow.version": 3 };
    expect(seen.span("run order").attributes).toEqual({
      ...facts,
      "cairnflow.run.origin": "started",
      "cairnflow.run.status": "completed",
      "cairnflow.run.steps": 2,
    });
    expect(seen.span("task save").attributes).toEqual({
      ...facts,
      "cairnflow.task.name": "save",
      "cairnflow.task.id": "save",
      "cairnflow.task.spec": "s2",
      "cairnflow.task.cycle": 1,
      "cairnflow.task.attempt": 1,
      "cairnflow.task.outcome": "completed",
    });
    expect(seen.span("checkpoint order").attributes).toMatchObject({
      ...facts,
      "cairnflow.checkpoint.name": "half",
      "cairnflow.checkpoint.reason": "requested",
      "cairnflow.checkpoint.seq": 1,
      "cairnflow.checkpoint.size": expect.any(Number),
      "cairnflow.task.id": "save",
    });
    expect(seen.span("run order").events.map(({ name }) => name)).toEqual([
      "cairnflow.checkpoint.requested",
      "cairnflow.checkpoint.committed",
    ]);
    expect(JSON.stringify(spans)).not.toContain("payload-value");
  });

  it("are below the span that is active where the run is called", async () => {
    const seen = watched();
    const request = seen.provider.getTracer("http").startSpan("GET /order");
    await context.with(trace.setSpan(context.active(), request), () =>
      run(
        workflow(
          "order",
          task("pay", () => 1),
        ),
        undefined,
        { telemetry: seen.telemetry },
      ),
    );
    request.end();
    expect(pathOf(seen.span("task pay"), seen.spans())).toBe("GET /order > begin order > task pay");
  });

  it("have those of a body below its own, however many bodies run at once", async () => {
    const seen = watched();
    const item = task("item", async (ctx: TaskContext, n: number) => {
      await query(seen.provider, `query ${n}`);
      await ctx.sleep(1);
      await query(seen.provider, `query ${n}`);
    });
    const list = task("list", () => Array.from({ length: 20 }, (_, n) => n));
    await run(workflow("fan", chain(list, each(item, { concurrency: 7 }))), undefined, { telemetry: seen.telemetry });

    const spans = seen.spans();
    const queries = spans.filter(({ name }) => name.startsWith("query"));
    const parents = new Map<string, Set<string | null>>();
    for (const { name, parent } of queries) parents.set(name, (parents.get(name) ?? new Set()).add(parent));
    expect(queries.length).toBe(40);
    expect(Array.from(parents.values(), ({ size }) => size)).toEqual(Array.from({ length: 20 }, () => 1));
    expect(new Set(queries.map(({ parent }) => parent)).size).toBe(20);
    expect(queries.every((span) => pathOf(span, spans) === `begin fan > task item > ${span.name}`)).toBe(true);
  });

  it("have those of synchronous bodies, of handlers and of bodies behind schemas below their own", async () => {
    const seen = watched();
    const active = (): string | undefined => trace.getActiveSpan()?.spanContext().spanId;
    const ids: Record<string, string | undefined> = {};
    const note = (name: string) => (): void => void (ids[name] = active());
    const anything = { "~standard": { version: 1 as const, vendor: "test", validate: (value: unknown) => ({ value }) } };
    const flow = parallel([
      task("plain", note("plain")),
      task("schema", { input: anything, output: anything }, note("schema")),
      task("handled", { handler: "own" }, note("handled")),
    ]);
    const own = {
      run: ({ invoke }: { invoke(): unknown }) => {
        note("handler")();
        return invoke();
      },
    };
    await run(workflow("ways", flow), undefined, { handlers: { own }, telemetry: seen.telemetry });
    expect(ids).toEqual({
      plain: seen.span("task plain").id,
      schema: seen.span("task schema").id,
      handler: seen.span("task handled").id,
      handled: seen.span("task handled").id,
    });
  });

  it("do not surround what the engine does after a body", async () => {
    const seen = watched();
    const around: (Span | undefined)[] = [];
    const first = task("first", async () => void (await new Promise(setImmediate)));
    const second = task("second", async () => void (await new Promise(setImmediate)));
    const note = (): void => void around.push(trace.getActiveSpan());
    await run(workflow("two", chain(first, second)), undefined, {
      telemetry: seen.telemetry,
      events: { taskCompleted: note, taskStarted: note, runCompleted: note },
    });
    expect(around).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });

  it("have a checkpoint's around what its store does", async () => {
    const seen = watched();
    const store = new MemoryCheckpointStore();
    const puts: (string | undefined)[] = [];
    const acquire = store.acquire.bind(store);
    store.acquire = async (...args) => {
      const writer = await acquire(...args);
      const put = writer.put.bind(writer);
      writer.put = async (record) => {
        puts.push(trace.getActiveSpan()?.spanContext().spanId);
        return put(record);
      };
      return writer;
    };
    const flow = workflow(
      "stored",
      task("one", (ctx: TaskContext) => void ctx.checkpoint()),
    );
    await run(flow, undefined, { checkpoints: store, telemetry: seen.telemetry });
    expect(puts).toEqual([seen.span("checkpoint stored").id]);
  });
});
