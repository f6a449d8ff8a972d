import type { ChannelOp, RunChannelBackend } from "../core/channel.js";
import type { CheckpointHandle, CheckpointReason } from "../core/checkpoint.js";
import type { Host } from "../core/clock.js";
import type { CairnError } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import type { CheckpointRequest } from "../core/outcome.js";
import type { RetryPolicy } from "../core/retry.js";
import type { RunChange } from "../core/run-change.js";
import type { RunState } from "../core/run-state.js";
import type { StoredChannel } from "../core/stored-channel.js";
import type { AnyTask } from "../core/task.js";
import type { TaskRunner } from "../core/task-runner.js";
import type { TaskSpec } from "../core/task-spec.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import type { ChannelMirror } from "./channel-mirror.js";
import type { RunEventHub } from "./events.js";
import type { RunWatch } from "./run-watch.js";
import type { TaskHandler } from "./task-handler.js";

/** The limits and settings of a run, checked. */
export interface RunSettings {
  readonly maxSteps: number;
  readonly defaultMaxCycles: number;
  readonly defaultRetry: RetryPolicy | null;
  /** `Infinity` is no limit. */
  readonly concurrency: number;
  readonly graceMs: number;
  readonly durability: Durability;
}

/** When a run's data is stored. `none`: never. `checkpoint`: with each checkpoint. `step`: each step, before it counts. */
export type Durability = "none" | "checkpoint" | "step";

/** What one run is wired to. */
export interface RunWiring {
  readonly definition: WorkflowDefinition;
  readonly settings: RunSettings;
  readonly state: RunState;
  readonly channel: StoredChannel<object, RunChannelBackend>;
  /** What repeats the channel where others can read it, before a step counts, or `null`. */
  readonly mirror: ChannelMirror | null;
  readonly host: Host;
  /** How numbers for `ctx.random` are made instead of from the run's seed, or `null`. */
  readonly random: (() => number) | null;
  readonly events: RunEventHub;
  readonly logger: Logger;
  readonly handlers: ReadonlyMap<string, TaskHandler | TaskRunner>;
  /** Where the bodies of tasks run, or `null` for here. */
  readonly runner: TaskRunner | null;
  /** What tells telemetry of the run, or `null`: nobody watches it. */
  readonly watch: RunWatch | null;
  /** Where each step is stored before it counts, or `null`. */
  readonly journal: StepJournal | null;
  /** `null`: the run has no store. */
  readonly checkpointer: CheckpointDesk | null;
}

/** Keeps every commit of a run from one checkpoint to the next. */
export interface StepJournal {
  /** Whether there is something that is not stored yet. */
  readonly isBehind: boolean;
  /** Whether it has grown so large that a checkpoint should take its place. */
  readonly isLong: boolean;
  /** Notes a commit. */
  note(changes: readonly RunChange[], ops: readonly ChannelOp[]): void;
  /** Stores what was noted; resolves when it would survive a power cut. */
  flush(): Promise<void>;
  /** A checkpoint holds everything so far: the journal starts again behind it. */
  restart(seq: number): Promise<void>;
  /** Stores what was noted and lets go of the journal. */
  close(): Promise<void>;
}

/** Where checkpoints of a run are asked for and taken. */
export interface CheckpointDesk {
  /** Of the hold on the run; 0 before there is one. */
  readonly epoch: number;
  /** The handle of a request. While `isOpen`, `committed` cannot be awaited: the checkpoint comes after the task. */
  handle(request: CheckpointRequest, isOpen: () => boolean): CheckpointHandle;
  /** Forgets the request of a task that failed. */
  drop(id: string, taskId: string): void;
  /** Why a checkpoint is due after a step of this task, or `null`. */
  due(task: AnyTask, steps: number): CheckpointReason | null;
  /** A request that no task has made. */
  ownRequest(reason: CheckpointReason, spec: TaskSpec | null, metadata?: unknown, name?: string | null): CheckpointRequest;
  /**
   * Stores a checkpoint. `asPending` is the serial of a running task that is saved as pending. Resolves to the error
   * if that must fail the run, else to `null`.
   */
  save(request: CheckpointRequest, asPending?: number | null): Promise<CairnError | null>;
}

/** What the engine needs of a running task to save a checkpoint around it. */
export interface RunningTask {
  readonly spec: TaskSpec;
  /** The writes so far; the next ones start afresh. */
  takeOps(): readonly ChannelOp[];
}
