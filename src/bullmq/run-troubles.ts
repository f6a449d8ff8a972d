import type { Job } from "bullmq";
import {
  CheckpointStorageError,
  CheckpointWriteError,
  CommitOutcomeUnknownError,
  IncompatibleCheckpointError,
  RunOwnedError,
  StaleOwnerError,
  StoreUnavailableError,
  TaskNotRegisteredError,
} from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import { UnservedJob } from "../core/task-runner.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import type { EngineCounts } from "./engine-stats.js";
import type { GiveBack } from "./give-back.js";
import type { LiveRun } from "./live-run.js";
import { failureOf } from "./run-end.js";
import type { RunJobData, SubmittedRun } from "./run-job-data.js";
import type { RunLink } from "./run-link.js";

/** How long a run is put off that somebody has who does not end. */
const OWNED_MS = 5_000;
/** How long a run is put off that its engine lost. */
const LOST_MS = 1_000;
/** How often a run is put off because its store is away, before it fails; and how long. */
const MOST_SETBACKS = 20;
const SETBACK_MS = 500;
const LONGEST_SETBACK_MS = 30_000;

/** A run that an engine has taken from its queue. */
export interface TakenRun extends SubmittedRun {
  readonly job: Job<RunJobData>;
  readonly token: string | undefined;
  readonly workflow: WorkflowDefinition;
  readonly live: LiveRun;
}

/** Decides what becomes of runs that an engine could not bring to a good end: others have them, they wait, or they have failed. */
export class RunTroubles {
  constructor(
    private readonly link: RunLink,
    private readonly giveBack: GiveBack<RunJobData>,
    private readonly logger: Logger | null,
    private readonly counts: EngineCounts,
  ) {}

  /** Throws what tells BullMQ that a run was given back, or how it has failed. */
  async meet(taken: TakenRun, error: unknown): Promise<never> {
    if (error instanceof UnservedJob || error instanceof IncompatibleCheckpointError) return this.#unserved(taken, error);
    if (error instanceof StaleOwnerError) return this.#replaced(taken, error);
    if (error instanceof RunOwnedError) return this.#putOff(taken, error, taken.data, OWNED_MS);
    const setbacks = taken.data.setbacks + 1;
    if (!isSetback(error) || setbacks > MOST_SETBACKS) throw this.failed(taken.runId, error);
    const pauseMs = Math.min(SETBACK_MS * 2 ** setbacks, LONGEST_SETBACK_MS);
    return this.#putOff(taken, error, { ...taken.data, setbacks }, pauseMs);
  }

  /** What tells BullMQ that a run has failed. */
  failed(runId: string, error: unknown): Error {
    this.counts.failed++;
    const failure = failureOf(error, this.link.bullmq);
    this.logger?.error({ runId }, `a run has failed: ${failure.message}`);
    return failure;
  }

  async #unserved(taken: TakenRun, error: Error): Promise<never> {
    const { runId, job, token, data } = taken;
    this.counts.refused++;
    if (await this.giveBack.isRefusedByAll(job, data)) {
      throw this.failed(
        runId,
        error instanceof UnservedJob ? new TaskNotRegisteredError(`${error.message} No engine has it.`, { runId }) : error,
      );
    }
    this.logger?.warn({ runId }, `a run was given back to other engines: ${error.message}`);
    return this.giveBack.toOthers(job, token, data);
  }

  /** Nothing of what was done here since counts. The job is the new owner's, too, unless somebody has taken the run over by hand. */
  async #replaced({ runId, job, token }: TakenRun, { message }: Error): Promise<never> {
    this.counts.replaced++;
    this.logger?.warn({ runId }, `a run was taken over by another owner: ${message}`);
    await job.moveToDelayed(Date.now() + LOST_MS, token).catch(() => {});
    throw new this.link.bullmq.DelayedError();
  }

  async #putOff({ runId, job, token }: TakenRun, { message }: Error, data: RunJobData, pauseMs: number): Promise<never> {
    this.counts.putOff++;
    this.logger?.warn({ runId }, `a run was put off: ${message}`);
    await job.updateData(data);
    return this.giveBack.after(job, token, pauseMs);
  }
}

/** What a store may recover from, and the run with it. */
const isSetback = (error: unknown): error is Error =>
  [StoreUnavailableError, CheckpointStorageError, CheckpointWriteError, CommitOutcomeUnknownError].some((type) => error instanceof type);
