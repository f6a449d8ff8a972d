import type { Job } from "bullmq";
import { RunOwnedError } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { graphHashOf } from "../engine/graph-hash.js";
import type { RunResult } from "../engine/run-result.js";
import { newEngineCounts } from "./engine-stats.js";
import type { GiveBack } from "./give-back.js";
import { LiveRun } from "./live-run.js";
import { resultText } from "./run-end.js";
import { type RunJobData, readRunJob, type SubmittedRun } from "./run-job-data.js";
import type { RunLink } from "./run-link.js";
import type { CarryOut, RunOrder } from "./run-order.js";
import { RunTroubles, type TakenRun } from "./run-troubles.js";

/** How often it is looked whether a run's owner is gone, and how many times before it is left to whoever is free. */
const LOOK_MS = 250;
const LOOKS = 240;

/** How a taker is set up. */
export interface TakerSettings {
  readonly logger: Logger | null;
  readonly carryOut: CarryOut;
}

/** Brings runs to their ends that it gets as jobs. */
export class RunTaker {
  readonly counts = newEngineCounts();
  readonly #live = new Set<LiveRun>();
  readonly #troubles: RunTroubles;
  #graceMs: number | null = null;

  constructor(
    private readonly link: RunLink,
    private readonly giveBack: GiveBack<RunJobData>,
    private readonly settings: TakerSettings,
  ) {
    this.#troubles = new RunTroubles(link, giveBack, settings.logger, this.counts);
  }

  /** The runs under way. */
  get live(): readonly LiveRun[] {
    return [...this.#live];
  }

  /** Does a job. Resolves to the text of the run's result, or throws what tells BullMQ how the run failed or that it was given back. */
  async take(workflow: WorkflowDefinition, job: Job<RunJobData>, token: string | undefined): Promise<string> {
    const submitted = this.#read(workflow, job);
    const live = new LiveRun(submitted.runId);
    this.#live.add(live);
    this.counts.running++;
    if (this.#graceMs !== null) live.stop(this.#graceMs);
    try {
      return await this.#toItsEnd({ ...submitted, job, token, workflow, live });
    } finally {
      this.#live.delete(live);
      this.counts.running--;
    }
  }

  /** Stops all runs in good order; they go to other engines. */
  stopAll(graceMs: number): void {
    this.#graceMs = graceMs;
    for (const live of this.#live) live.stop(graceMs);
  }

  #read({ name }: WorkflowDefinition, job: Job<RunJobData>): SubmittedRun {
    try {
      return readRunJob(job.id, job.data, name);
    } catch (error) {
      throw this.#troubles.failed(job.id ?? "", error);
    }
  }

  async #toItsEnd(taken: TakenRun): Promise<string> {
    const result = await this.#carriedOut(taken).catch((error: unknown) => this.#troubles.meet(taken, error));
    if (result === null || result.status === "stopped") {
      this.counts.handedOver++;
      return this.giveBack.atOnce(taken.job, taken.token);
    }
    this.counts.completed++;
    return resultText(result);
  }

  /** Waits as long as a dead engine's lease holds. Resolves to `null` if this engine ends meanwhile. */
  async #carriedOut(taken: TakenRun): Promise<RunResult | null> {
    const { runId, live } = taken;
    if (await this.link.book.isCancelled(runId)) live.cancel();
    for (let looks = 1; !live.isStopping; looks++) {
      try {
        return await this.settings.carryOut(orderOf(taken));
      } catch (error) {
        if (!(error instanceof RunOwnedError) || looks >= LOOKS) throw error;
      }
      await live.pause(LOOK_MS);
    }
    return null;
  }
}

function orderOf({ workflow, runId, input, data, live, job }: TakenRun): RunOrder {
  return {
    ...{ workflow, runId, input },
    isSameCode: isOf(workflow, data),
    retryFailed: data.retryFailed || data.setbacks > 0,
    isTrustedAgain: data.retryFailed && job.stalledCounter === 0,
    signal: live.signal,
    begun: (stop) => live.begun(stop),
  };
}

const isOf = (workflow: WorkflowDefinition, { version, graphHash }: RunJobData): boolean =>
  (version === null || version === workflow.version) && (graphHash === null || graphHash === graphHashOf(workflow));
