import type { Context, SpanContext } from "@opentelemetry/api";
import type {
  AttemptBeginning,
  CheckpointBeginning,
  CheckpointSpan,
  RunBeginning,
  RunEnding,
  RunSpan,
  TaskSpan,
} from "../core/telemetry.js";
import type { RunTrace } from "../core/trace-context.js";
import { beginningAttributes, runAttributes, taskAttributes } from "./names.js";
import { OtelAttempt } from "./otel-attempt.js";
import { OtelCheckpoint } from "./otel-checkpoint.js";
import { rootOf } from "./run-root.js";
import type { OpenSpan } from "./spans.js";
import type { Tools } from "./tools.js";
import { linksTo } from "./trace-link.js";

/** A run under way. */
export class OtelRun implements RunSpan {
  readonly trace: RunTrace | null;
  readonly #root: Context;
  readonly #span: OpenSpan;
  readonly #open = new Set<OtelAttempt>();
  /** The last attempts of tasks that are tried again, by spec. */
  readonly #before = new Map<string, SpanContext>();

  constructor(
    private readonly tools: Tools,
    private readonly beginning: RunBeginning,
  ) {
    const { context, trace, links } = rootOf(tools, beginning);
    this.#root = context;
    this.#span = tools.spans.begin(`run ${beginning.workflow}`, { attributes: beginningAttributes(beginning), links }, context);
    const run = this.#span.trace;
    this.trace = trace === null || run === null ? null : { root: trace, run };
    tools.measure((instruments) => instruments.runBegan(beginning, beginning.origin === "resumed"));
  }

  attempt(attempt: AttemptBeginning): TaskSpan {
    const { api, spans } = this.tools;
    const { runner, specId, task } = attempt;
    const attributes = { ...runAttributes(this.beginning), ...taskAttributes(attempt) };
    const options = {
      attributes: runner === null ? attributes : { ...attributes, "cairnflow.task.runner": runner },
      kind: runner === null ? api.SpanKind.INTERNAL : api.SpanKind.PRODUCER,
      links: linksTo(api, this.#before.get(specId)),
    };
    const span = new OtelAttempt(this.tools, spans.begin(`task ${task}`, options, this.#root), this.beginning.workflow, task, (outcome) => {
      this.#open.delete(span);
      if (outcome === "retrying" || outcome === "released") this.#before.set(specId, span.place);
      else this.#before.delete(specId);
    });
    this.#open.add(span);
    return span;
  }

  checkpoint(checkpoint: CheckpointBeginning): CheckpointSpan {
    return new OtelCheckpoint(this.tools, this.beginning, checkpoint, this.#root, this.#span);
  }

  end({ status, steps, durationMs, error }: RunEnding): void {
    for (const attempt of [...this.#open]) attempt.abandon();
    this.#span.end({ "cairnflow.run.status": status, "cairnflow.run.steps": steps }, error);
    this.tools.measure((instruments) => instruments.runEnded(this.beginning, status, durationMs));
  }
}
