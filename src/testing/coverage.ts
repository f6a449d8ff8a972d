import { definitionOf, type Runnable } from "../authoring/definition-of.js";
import { checkedOptions } from "../authoring/option-checks.js";
import type { ErrorRecord } from "../core/error-record.js";
import type { RunEventMap, RunEventName, RunEvents, RunListeners } from "../core/run-events.js";
import type { Walked } from "../core/step.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { checkedBodyFacts } from "./body-facts.js";
import {
  type BodyFacts,
  type CoverageItem,
  checkpointItem,
  coverageModel,
  cycleItem,
  edgeItem,
  groupItem,
  jumpItem,
  retryItem,
  taskItem,
  timeoutItem,
} from "./coverage-model.js";
import { assertCoverage, type CoverageMinimum, type CoverageReport, coverageReport } from "./coverage-report.js";

/** Counts what runs do of all that a workflow can do. */
export interface Coverage {
  /** For the `events` option of runs; of as many as you like. */
  readonly listeners: RunListeners;
  /** Listens to a run that has listeners of its own; returns how to end that. */
  watch(context: { readonly events: RunEvents }): () => void;
  report(): CoverageReport;
  /** Throws `CoverageError` if runs saw less than this share of a part, as in `{ tasks: 1, edges: 0.9 }`. */
  assert(minimum: CoverageMinimum): void;
}

/**
 * Counts which tasks, edges, group outcomes, cycles, retries, time-outs and checkpoints of a workflow its runs see. Jumps are
 * known only to bodies: those named in `gotos` are counted too.
 *
 * ```ts
 * const coverage = coverageOf(order);
 * for (const input of inputs) await run(order, input, { events: coverage.listeners });
 * console.log(String(coverage.report()));
 * coverage.assert({ tasks: 1, edges: 0.9 });
 * ```
 *
 * Throws `InvalidOptionError`.
 */
export function coverageOf(target: Runnable, options: BodyFacts = {}): Coverage {
  const definition = definitionOf(target);
  return new CoverageBook(
    definition,
    checkedBodyFacts(definition, checkedOptions(options, ["gotos", "iterates"], "coverageOf"), "coverageOf"),
  );
}

class CoverageBook implements Coverage {
  readonly #model: ReadonlySet<CoverageItem>;
  readonly #seen = new Set<CoverageItem>();
  /** Specs that were tried again and have not ended. */
  readonly #retried = new Set<string>();
  /** By run: tasks after which a checkpoint is to be taken and that have ended since the last one. Those that end together share one. */
  readonly #unsaved = new Map<string, Set<string>>();
  /** The names of such tasks. */
  readonly #saving: ReadonlySet<string>;
  #runs = 0;

  constructor(
    private readonly definition: WorkflowDefinition,
    facts: BodyFacts,
  ) {
    this.#model = coverageModel(definition, facts);
    const saving = [...definition.registry.entries()].filter(
      ({ task: { settings } }) => settings.critical || settings.checkpoint === "after",
    );
    this.#saving = new Set(saving.map(({ task }) => task.name));
  }

  readonly listeners: RunListeners = {
    runStarted: () => void this.#runs++,
    runResumed: () => void this.#runs++,
    taskStarted: ({ taskId }) => this.#see(taskItem(taskId)),
    taskRetrying: (event) => this.#retrying(event),
    taskCompleted: (event) => this.#completed(event),
    taskFailed: (event) => this.#failed(event),
    checkpointCommitted: ({ runId, checkpoint }) => {
      const saved = [...(this.#unsaved.get(runId) ?? []), ...(checkpoint.taskId === null ? [] : [checkpoint.taskId])];
      for (const task of saved) this.#see(checkpointItem(task));
      this.#unsaved.delete(runId);
    },
    runCompleted: ({ runId }) => void this.#unsaved.delete(runId),
    runFailed: ({ runId }) => void this.#unsaved.delete(runId),
  };

  watch({ events }: { readonly events: RunEvents }): () => void {
    const names = Object.keys(this.listeners) as RunEventName[];
    const offs = names.map((name) => events.on(name, this.listeners[name] as () => void));
    return () => {
      for (const off of offs) off();
    };
  }

  report(): CoverageReport {
    return coverageReport(this.definition.name, this.#runs, this.#model, this.#seen);
  }

  assert(minimum: CoverageMinimum): void {
    assertCoverage(this.report(), minimum);
  }

  #see(item: CoverageItem): void {
    this.#seen.add(item);
  }

  #retrying(event: RunEventMap["taskRetrying"]): void {
    this.#retried.add(keyOf(event));
    this.#timedOut(event);
  }

  /** A later attempt may also be that of a resume: then nothing was tried again. */
  #completed(event: RunEventMap["taskCompleted"]): void {
    if (this.#retried.delete(keyOf(event))) this.#see(retryItem(event.taskId, "recovered"));
    if (this.#saving.has(event.taskId)) this.#unsaved.set(event.runId, (this.#unsaved.get(event.runId) ?? new Set()).add(event.taskId));
    for (const walked of event.walked) this.#walked(walked);
  }

  #failed(event: RunEventMap["taskFailed"]): void {
    if (this.#retried.delete(keyOf(event))) this.#see(retryItem(event.taskId, "used up"));
    for (const walked of event.walked) this.#walked(walked);
    this.#timedOut(event);
  }

  #timedOut({ taskId, error }: Pick<RunEventMap["taskFailed"], "taskId" | "error">): void {
    for (let at: ErrorRecord | null = error; at !== null; at = at.cause) if (at.code === "TASK_TIMEOUT") this.#see(timeoutItem(taskId));
  }

  #walked(walked: Walked): void {
    if (walked.kind === "edge") return this.#went(walked);
    const { group, succeeded, failures } = walked;
    this.#see(groupItem(group, !succeeded ? "failed" : failures === 0 ? "succeeded" : "tolerated"));
  }

  #went({ from, to, via, back }: Extract<Walked, { kind: "edge" }>): void {
    if (via === "edge") this.#see(edgeItem(from, to));
    if (via === "iteration" || (via === "edge" && back)) this.#see(cycleItem(from, to));
    if (via !== "goto" && via !== "nextTask") return;
    this.#see(jumpItem(from, to));
    // What is queued under an id of its own is started under that id.
    this.#see(taskItem(to));
  }
}

const keyOf = ({ runId, specId }: { readonly runId: string; readonly specId: string }): string => `${runId} ${specId}`;
