import { type Defined, definitionOf, type Runnable } from "../authoring/definition-of.js";
import { checkedId } from "../core/ids.js";
import { capture } from "../core/serialize/index.js";
import { graphHashOf } from "../engine/graph-hash.js";
import { systemHost } from "../host/system-host.js";
import { LinkHolder } from "./link-holder.js";
import { runJobOf } from "./queue-names.js";
import { RunHandle } from "./run-handle.js";
import { checkedSubmitOptions, type RunQueueSettings, type SubmitOptions } from "./run-queue-options.js";
import { countRuns, type QueuedRunState, type RunCounts, stateOf } from "./run-states.js";
import { type NewRun, submitRun } from "./submit-run.js";

/** What can be submitted: anything that can be run, or the name of a workflow, which then only engines need to have. */
export type Submittable = Runnable | string;

/** What a workflow takes; `unknown` where that is not known. */
export type InputOf<Target> = Target extends Defined<infer Input, unknown> ? Input : unknown;

/** What a workflow gives; `unknown` where that is not known. */
export type OutputOf<Target> = Target extends Defined<never, infer Output> ? Output : unknown;

/** The arguments of a submit: the input may be left out where the workflow takes none. */
export type SubmitArguments<Input, Options> = undefined extends Input
  ? [input?: Input, options?: Options]
  : [input: Input, options?: Options];

/** Where runs are submitted, and asked after. */
export class RunQueue {
  readonly #links: LinkHolder;

  constructor(settings: RunQueueSettings, staysOpen = true) {
    this.#links = new LinkHolder(settings, staysOpen);
  }

  /**
   * Queues a run, once: to submit the same run id again changes nothing, and gives the same handle. Throws `DuplicateIdError` if the id stands for a run of another
   * workflow or with another input, `NotSerializableError`, `InvalidIdError`, and what `runQueue` throws.
   */
  async submit<Target extends Submittable>(
    target: Target,
    ...[input, options]: SubmitArguments<InputOf<Target>, SubmitOptions>
  ): Promise<RunHandle<OutputOf<Target>>> {
    const { runId, retryFailed } = checkedSubmitOptions(options ?? {});
    const run: NewRun = {
      ...codeOf(target),
      input: capture(input, "input of the run").text(),
      runId: runId ?? systemHost().newId(),
      retryFailed,
    };
    await this.#links.ask((link) => submitRun(link, run));
    return new RunHandle(this.#links, run.workflow, run.runId);
  }

  /** The handle of a run that was submitted before. */
  handle<Target extends Submittable>(target: Target, runId: string): RunHandle<OutputOf<Target>> {
    return new RunHandle(this.#links, codeOf(target).workflow, checkedId(runId, "run id"));
  }

  /** Where a run stands. Throws `StoreUnavailableError`. */
  state(target: Submittable, runId: string): Promise<QueuedRunState> {
    return this.handle(target, runId).state();
  }

  /**
   * Ends a run: one that waits is taken out of the queue, one under way is told to stop by its engine, within a second or so, and fails with `RunCancelledError`.
   * Resolves to where it stood; nothing is done for one that has ended.
   */
  async cancel(target: Submittable, runId: string): Promise<QueuedRunState> {
    const { workflow } = this.handle(target, runId);
    return this.#links.ask(async (link) => {
      const state = await stateOf(link, workflow, runId);
      if (state !== "waiting" && state !== "running") return state;
      await link.book.cancel(runId);
      await link.queueFor(workflow).remove(runJobOf(runId));
      return state;
    });
  }

  /** How many runs there are, by the name of the workflow and by state. Throws `StoreUnavailableError`. */
  counts(): Promise<ReadonlyMap<string, RunCounts>> {
    return this.#links.ask(countRuns);
  }

  /** Ends the connection. Results that are waited for are not had any more. */
  close(): Promise<void> {
    return this.#links.close();
  }
}

/** What a target says of the code of a run. Throws `DefinitionError`. */
function codeOf(target: unknown): Pick<NewRun, "workflow" | "version" | "graphHash"> {
  if (typeof target === "string") return { workflow: checkedId(target, "workflow name"), version: null, graphHash: null };
  const definition = definitionOf(target);
  return { workflow: definition.name, version: definition.version, graphHash: graphHashOf(definition) };
}
