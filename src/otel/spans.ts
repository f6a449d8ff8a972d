import type { Attributes, Context, Span, SpanContext, SpanOptions, Tracer } from "@opentelemetry/api";
import type { ErrorRecord } from "../core/error-record.js";
import type { TraceContext } from "../core/trace-context.js";
import { type Api, guarded } from "./load-api.js";
import { errorType } from "./names.js";
import { traceOf } from "./trace-link.js";

/** Begins spans. */
export class Spans {
  constructor(
    readonly api: Api,
    private readonly tracer: Tracer,
  ) {}

  /** A span below that of a context. */
  begin(name: string, options: SpanOptions, around: Context): OpenSpan {
    const { api, tracer } = this;
    const none = api.trace.wrapSpanContext(api.INVALID_SPAN_CONTEXT);
    return new OpenSpan(
      api,
      around,
      guarded(api, () => tracer.startSpan(name, options, around), none),
    );
  }
}

/** A span that has not ended. */
export class OpenSpan {
  /** That of the span, or that around it if there is none. */
  readonly context: Context;

  constructor(
    private readonly api: Api,
    around: Context,
    private readonly span: Span,
  ) {
    this.context = api.isSpanContextValid(span.spanContext()) ? api.trace.setSpan(around, span) : around;
  }

  get place(): SpanContext {
    return this.span.spanContext();
  }

  get trace(): TraceContext | null {
    return traceOf(this.api, this.place);
  }

  within<T>(call: () => T): T {
    return this.api.context.with(this.context, call);
  }

  event(name: string, attributes: Attributes): void {
    guarded(this.api, () => void this.span.addEvent(name, attributes), undefined);
  }

  end(attributes: Attributes, error: ErrorRecord | null = null): void {
    guarded(
      this.api,
      () => {
        this.span.setAttributes(attributes);
        if (error !== null) this.#fail(error);
        this.span.end();
      },
      undefined,
    );
  }

  /** Class, code and message; a stack is kept with the run's data. */
  #fail(error: ErrorRecord): void {
    const { name, message } = error;
    this.span.setAttribute("error.type", errorType(error));
    this.span.recordException({ name, message });
    this.span.setStatus({ code: this.api.SpanStatusCode.ERROR, message });
  }
}
