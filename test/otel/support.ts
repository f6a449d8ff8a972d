import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type SpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll } from "vitest";
import { type Telemetry, telemetry } from "../../src/otel/index.js";
import { type ToldSpan, told } from "./told-span.js";

/** Has bodies see the context they run in, as a program's SDK does. */
export function withContexts(): void {
  beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager()));
  afterAll(() => context.disable());
}

/** One figure: what it is of, and what it came to. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The sum, or of a histogram the count. */
  readonly value: number;
}

/** Telemetry that keeps what it is told in memory. */
export interface Watched {
  readonly telemetry: Telemetry;
  readonly provider: BasicTracerProvider;
  /** Spans that have ended, in order. */
  spans(): readonly ToldSpan[];
  /** The only one of that name. */
  span(name: string): ToldSpan;
  figures(): Promise<readonly Figure[]>;
}

export function watched(more: readonly SpanProcessor[] = []): Watched {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter), ...more] });
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 1_000_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const spans = (): readonly ToldSpan[] => exporter.getFinishedSpans().map(told);
  return {
    telemetry: telemetry({ tracerProvider: provider, meterProvider }),
    provider,
    spans,
    span: (name) => only(spans().filter((span) => span.name === name)),
    figures: async () => {
      await reader.forceFlush();
      return figuresIn(metrics);
    },
  };
}

function only<T>(found: readonly T[]): T {
  if (found.length !== 1) throw new Error(`found ${found.length}, expected one`);
  return found[0] as T;
}

function figuresIn(exporter: InMemoryMetricExporter): Figure[] {
  const scopes = exporter.getMetrics().at(-1)?.scopeMetrics ?? [];
  return scopes.flatMap(({ metrics }) =>
    metrics.flatMap(({ descriptor: { name, unit }, dataPoints }) =>
      dataPoints.map(({ attributes, value }) => ({ name, unit, attributes, value: typeof value === "number" ? value : value.count })),
    ),
  );
}

/** The names of the parents of a span, from the outermost, and its own. */
export function pathOf(span: ToldSpan, spans: readonly ToldSpan[]): string {
  const parent = spans.find(({ id }) => id === span.parent);
  return parent === undefined ? span.name : `${pathOf(parent, spans)} > ${span.name}`;
}
