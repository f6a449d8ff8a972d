import type { ChannelBackend } from "../core/channel.js";
import type { CheckpointHandle } from "../core/checkpoint.js";
import type { CheckpointRequest } from "../core/outcome.js";
import type { RetryPolicy } from "../core/retry.js";
import type { RunState } from "../core/run-state.js";
import type { StoredValue } from "../core/serialize/index.js";
import type { StoredChannel } from "../core/stored-channel.js";
import type { TaskSpec } from "../core/task-spec.js";
import type { RunEventHub } from "./events.js";
import type { CheckpointDesk, RunningTask, RunSettings, RunWiring } from "./run-wiring.js";

/** What a running task needs of whoever runs its body: the engine of its run, or a worker elsewhere. */
export interface TaskDoor extends Pick<RunWiring, "definition" | "host" | "random" | "logger" | "handlers"> {
  readonly settings: Pick<RunSettings, "durability" | "defaultMaxCycles"> & {
    readonly defaultRetry: Pick<RetryPolicy, "maxRetries"> | null;
  };
  readonly state: Pick<RunState, "runId" | "seed" | "steps">;
  /** Where the channel is read; writes stay with the task until its step. */
  readonly channel: Pick<StoredChannel<object, ChannelBackend>, "backend" | "schemas">;
  readonly events: Pick<RunEventHub, "wants" | "emit">;
  /** `null`: checkpoints are not stored. */
  readonly checkpointer: Pick<CheckpointDesk, "handle" | "drop"> | null;
  /** Whether functions that nobody has registered may be queued. */
  readonly takesInline: boolean;
  /** Names the instance of a spec by its place in the run. */
  instanceOf(spec: TaskSpec): string;
  /** Keeps what `ctx.once` got, so that it survives a crash where steps do. */
  remember(task: RunningTask, key: string, value: StoredValue): Promise<void>;
  /** Commits what the task has written so far and saves a checkpoint with the task pending. */
  checkpointNow(task: RunningTask, request: CheckpointRequest): CheckpointHandle;
}
