import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { context, DiagLogLevel, diag, metrics, trace } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type SpanProcessor } from "@opentelemetry/sdk-trace-base";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkedWorkerOptions } from "../../src/bullmq/worker-options.js";
import { InvalidOptionError, run, type TaskContext, task, workflow } from "../../src/index.js";
import { telemetry } from "../../src/otel/index.js";
import { threadRunner } from "../../src/thread/index.js";
import { transpile } from "../file/transpile.js";
import { watched } from "./support.js";

const flow = workflow(
  "order",
  task("pay", (ctx: TaskContext) => {
    ctx.checkpoint();
    return trace.getActiveSpan() === undefined;
  }),
);

describe("telemetry()", () => {
  it.each([
    [null, "the options of telemetry() are"],
    [7, "the options of telemetry() are 7"],
    [{ tracer: 1 }, 'has no option "tracer"'],
    [{ tracerProvider: null }, "option tracerProvider of telemetry()"],
    [{ tracerProvider: {} }, "with getTracer()"],
    [{ meterProvider: "global" }, 'option meterProvider of telemetry() is "global"'],
  ])("refuses %j", (options, message) => {
    expect(() => telemetry(options as never)).toThrow(InvalidOptionError);
    expect(() => telemetry(options as never)).toThrow(message);
  });

  it("says which package is missing", () => {
    const folder = mkdtempSync(join(tmpdir(), "cairnflow-no-otel-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const program = transpile(new URL("./missing-process.ts", import.meta.url), folder);
    mkdirSync(join(folder, "node_modules"));
    const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: "utf8" });
    expect([stdout, stderr]).toEqual([expect.stringMatching(/^MISSING_PACKAGE MODULE_NOT_FOUND .*`npm install @opentelemetry\/api`/), ""]);
  });

  it("tells nobody anything in a program without an SDK, and harms nothing", async () => {
    const result = await run(flow, undefined, { checkpoints: "memory:", telemetry: telemetry() });
    expect(result.output).toBe(true);
  });

  it("uses the global providers, also those that are registered after it was made", async () => {
    const made = telemetry();
    const exporter = new InMemorySpanExporter();
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    onTestFinished(() => {
      trace.disable();
      metrics.disable();
      context.disable();
    });
    await run(flow, undefined, { checkpoints: "memory:", telemetry: made });
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["begin order", "task pay", "checkpoint order", "run order"]);
    expect(exporter.getFinishedSpans()[0]?.instrumentationScope).toMatchObject({ name: "cairnflow", version: "0.1.0" });
  });
});

describe("the option telemetry", () => {
  it.each([null, 7, "otel", {}, { run: 1, body: 2 }, { run: () => {} }])("of a run and of a worker refuses %j", async (value) => {
    await expect(run(flow, undefined, { telemetry: value as never })).rejects.toThrow(/option telemetry of a run is not one/);
    const worker = { connection: "redis://h", queue: "q", workflows: [{ name: "w" }], channelOf: () => null, telemetry: value };
    expect(() => checkedWorkerOptions(worker as never)).toThrow(/option telemetry of createWorker is not one/);
  });

  it.each(["./telemetry.js", "https://example.com/telemetry.js", 7, null])("of threads refuses %j", (value) => {
    expect(() => threadRunner({ modules: [import.meta.url], telemetry: value as never })).toThrow(/the thread option `telemetry`/);
  });
});

describe("an SDK that throws", () => {
  it.each(["onStart", "onEnd"] as const)("in %s harms no run, and is told to OpenTelemetry's diagnostics", async (method) => {
    const complaints: string[] = [];
    const note = (message: string): void => void complaints.push(message);
    diag.setLogger({ error: note, warn: note, info: note, debug: note, verbose: note }, { logLevel: DiagLogLevel.ERROR });
    onTestFinished(() => diag.disable());
    let thrown = 0;
    const broken: SpanProcessor = {
      onStart: () => {},
      onEnd: () => {},
      forceFlush: async () => {},
      shutdown: async () => {},
      [method]: () => {
        thrown++;
        throw new Error("out of order");
      },
    };
    const result = await run(flow, undefined, { checkpoints: "memory:", telemetry: watched([broken]).telemetry });
    expect(result.status).toBe("completed");
    expect(thrown).toBe(4);
    expect(complaints).toEqual(Array.from({ length: 4 }, () => "cairnflow: the OpenTelemetry SDK threw"));
  });
});
