import type { Attributes, Context } from "@opentelemetry/api";
import type { CheckpointInfo } from "../core/checkpoint.js";
import type { ErrorRecord } from "../core/error-record.js";
import type { CheckpointBeginning, CheckpointSpan, WatchedRun } from "../core/telemetry.js";
import { checkpointAttributes, errorType, runAttributes } from "./names.js";
import type { OpenSpan } from "./spans.js";
import type { Tools } from "./tools.js";

/** A checkpoint that is being taken: a span of its own, and events of the run's. */
export class OtelCheckpoint implements CheckpointSpan {
  readonly #span: OpenSpan;
  readonly #facts: Attributes;

  constructor(
    private readonly tools: Tools,
    private readonly run: WatchedRun,
    private readonly beginning: CheckpointBeginning,
    root: Context,
    private readonly runSpan: OpenSpan,
  ) {
    this.#facts = checkpointAttributes(beginning);
    this.#span = tools.spans.begin(`checkpoint ${run.workflow}`, { attributes: { ...runAttributes(run), ...this.#facts } }, root);
    runSpan.event("cairnflow.checkpoint.requested", this.#facts);
  }

  within<T>(call: () => T): T {
    return this.#span.within(call);
  }

  committed({ seq, steps, bytes }: CheckpointInfo, durationMs: number): void {
    const facts = { "cairnflow.checkpoint.seq": seq, "cairnflow.checkpoint.size": bytes, "cairnflow.run.steps": steps };
    this.#span.end(facts);
    this.runSpan.event("cairnflow.checkpoint.committed", { ...this.#facts, ...facts });
    this.#measure(durationMs, bytes, null);
  }

  failed(error: ErrorRecord, durationMs: number): void {
    this.#span.end({}, error);
    this.runSpan.event("cairnflow.checkpoint.failed", { ...this.#facts, "error.type": errorType(error) });
    this.#measure(durationMs, null, error);
  }

  #measure(durationMs: number, bytes: number | null, error: ErrorRecord | null): void {
    const { workflow } = this.run;
    this.tools.measure((instruments) => instruments.checkpointEnded(workflow, this.beginning.reason, durationMs, bytes, error));
  }
}
