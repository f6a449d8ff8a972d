import type { Link, SpanContext } from "@opentelemetry/api";
import type { TraceContext } from "../core/trace-context.js";
import type { Api } from "./load-api.js";

/** A span as others go on from it, or `null` if there is nothing to go on from. */
export function traceOf(api: Api, span: SpanContext): TraceContext | null {
  if (!api.isSpanContextValid(span)) return null;
  const flags = (span.traceFlags & 0xff).toString(16).padStart(2, "0");
  return { traceparent: `00-${span.traceId}-${span.spanId}-${flags}`, tracestate: span.traceState?.serialize() || null };
}

/** The span that a trace context names. */
export function spanOf(api: Api, { traceparent, tracestate }: TraceContext): SpanContext {
  const [, traceId = "", spanId = "", flags = ""] = traceparent.split("-");
  const span = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return tracestate === null ? span : { ...span, traceState: api.createTraceState(tracestate) };
}

/** Links to those of the spans that there are. */
export const linksTo = (api: Api, ...spans: readonly (SpanContext | undefined)[]): Link[] =>
  spans.flatMap((context) => (context !== undefined && api.isSpanContextValid(context) ? [{ context }] : []));
