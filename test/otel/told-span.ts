import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";

/** What the tests look at of a span. */
export interface ToldSpan {
  readonly name: string;
  readonly traceId: string;
  readonly id: string;
  readonly parent: string | null;
  readonly links: readonly string[];
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly error: string | null;
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[];
  readonly process: number;
}

/** A span as plain data. */
export function told(span: ReadableSpan): ToldSpan {
  const { traceId, spanId } = span.spanContext();
  return {
    name: span.name,
    traceId,
    id: spanId,
    parent: span.parentSpanContext?.spanId ?? null,
    links: span.links.map(({ context }) => context.spanId),
    kind: span.kind,
    attributes: span.attributes,
    error: span.status.code === 2 ? (span.status.message ?? "") : null,
    events: span.events.map(({ name, attributes }) => ({ name, attributes: attributes ?? {} })),
    process: process.pid,
  };
}
