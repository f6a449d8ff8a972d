import type { MeterProvider as ApiMeterProvider, TracerProvider as ApiTracerProvider } from "@opentelemetry/api";
import type { MeterProvider } from "@opentelemetry/sdk-metrics";
import type { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import { expectTypeOf, it } from "vitest";
import type { WorkerOptions } from "../../src/bullmq.js";
import { type ExecutionOptions, type ForkOptions, type ResumeOptions, run, task, workflow } from "../../src/index.js";
import { type Telemetry, type TelemetryOptions, telemetry } from "../../src/otel/index.js";

it("takes providers of the SDK and of the API as they are", () => {
  expectTypeOf<{ tracerProvider: BasicTracerProvider; meterProvider: MeterProvider }>().toExtend<TelemetryOptions>();
  expectTypeOf<{ tracerProvider: ApiTracerProvider; meterProvider: ApiMeterProvider }>().toExtend<TelemetryOptions>();
  expectTypeOf(telemetry).returns.toEqualTypeOf<Telemetry>();
  // @ts-expect-error a tracer is no provider
  (provider: ApiTracerProvider) => telemetry({ tracerProvider: provider.getTracer("mine") });
  // @ts-expect-error there is no such option
  telemetry({ exporter: "console" });
});

it("makes what runs, resumes, forks and workers take, and leaves their types alone", () => {
  expectTypeOf<{ telemetry: Telemetry }>().toExtend<ExecutionOptions>();
  expectTypeOf<Pick<ResumeOptions & ForkOptions & WorkerOptions, "telemetry">>().toExtend<{ readonly telemetry?: Telemetry }>();
  const flow = workflow(
    "order",
    task("pay", (_, euros: number) => `paid ${euros}`),
  );
  expectTypeOf(run(flow, 3, { telemetry: telemetry() }))
    .resolves.toHaveProperty("output")
    .toEqualTypeOf<string>();
  // @ts-expect-error telemetry is what telemetry() makes
  void run(flow, 3, { telemetry });
});
