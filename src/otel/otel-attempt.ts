import type { SpanContext } from "@opentelemetry/api";
import type { ErrorRecord } from "../core/error-record.js";
import type { TaskSpan } from "../core/telemetry.js";
import type { TraceContext } from "../core/trace-context.js";
import type { OpenSpan } from "./spans.js";
import type { Tools } from "./tools.js";

/** An attempt under way. */
export class OtelAttempt implements TaskSpan {
  constructor(
    private readonly tools: Tools,
    private readonly span: OpenSpan,
    private readonly workflow: string,
    private readonly task: string,
    private readonly onEnd: (outcome: string) => void,
  ) {
    tools.measure((instruments) => instruments.attemptBegan(workflow, task));
  }

  get place(): SpanContext {
    return this.span.place;
  }

  get trace(): TraceContext | null {
    return this.span.trace;
  }

  within<T>(call: () => T): T {
    return this.span.within(call);
  }

  end(outcome: string, error: ErrorRecord | null, durationMs: number): void {
    this.#end(outcome, error, durationMs);
  }

  /** The run has ended before the body. */
  abandon(): void {
    this.#end("abandoned", null, null);
  }

  #end(outcome: string, error: ErrorRecord | null, durationMs: number | null): void {
    const { workflow, task } = this;
    this.span.end({ "cairnflow.task.outcome": outcome }, error);
    this.tools.measure((instruments) => instruments.attemptEnded(workflow, task, outcome, error, durationMs));
    this.onEnd(outcome);
  }
}
