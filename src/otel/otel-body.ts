import type { ErrorRecord } from "../core/error-record.js";
import type { BodyBeginning, TaskSpan } from "../core/telemetry.js";
import { runAttributes, taskAttributes } from "./names.js";
import type { OpenSpan } from "./spans.js";
import type { Tools } from "./tools.js";
import { linksTo, spanOf } from "./trace-link.js";

/** A body under way that an engine elsewhere has sent: its span is a child of the attempt's. */
export class OtelBody implements TaskSpan {
  /** It is sent nowhere else. */
  readonly trace = null;
  readonly #span: OpenSpan;

  constructor(
    private readonly tools: Tools,
    private readonly beginning: BodyBeginning,
  ) {
    const { api, spans } = tools;
    const { trace, task, workflow } = beginning;
    const around = api.context.active();
    const parent = trace === null ? around : api.trace.setSpanContext(around, spanOf(api, trace));
    const options = {
      attributes: { ...runAttributes(beginning), ...taskAttributes(beginning) },
      kind: api.SpanKind.CONSUMER,
      links: trace === null ? [] : linksTo(api, api.trace.getSpanContext(around)),
    };
    this.#span = spans.begin(`body ${task}`, options, parent);
    tools.measure((instruments) => instruments.bodyBegan(workflow, task));
  }

  within<T>(call: () => T): T {
    return this.#span.within(call);
  }

  end(outcome: string, error: ErrorRecord | null, durationMs: number): void {
    const { workflow, task } = this.beginning;
    this.#span.end({ "cairnflow.task.outcome": outcome }, error);
    this.tools.measure((instruments) => instruments.bodyEnded(workflow, task, outcome, durationMs));
  }
}
