import { InvalidOptionError, RunnerError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { RemoteAttempt, RemoteTask, RunnerRun, TaskRunner } from "../core/task-runner.js";
import { type BullmqRunnerOptions, checkedRunnerOptions, type RunnerSettings } from "./runner-options.js";
import { type BullmqRunnerStats, newRunnerCounts } from "./runner-stats.js";
import { Sender } from "./sender.js";

/** Has the bodies of tasks run by workers that listen to a queue of BullMQ. */
export class BullmqRunner implements TaskRunner {
  readonly kind = "bullmq";
  readonly fallsBack = false;
  readonly #settings: RunnerSettings;
  readonly #runs = new Set<string>();
  readonly #counts = newRunnerCounts();
  /** Opened by the first run, closed by the last. */
  #opening: Promise<Sender> | null = null;
  #sender: Sender | null = null;

  constructor(options: BullmqRunnerOptions) {
    this.#settings = checkedRunnerOptions(options);
  }

  /** What it has done so far. */
  stats(): BullmqRunnerStats {
    return { ...this.#counts, pending: this.#sender?.pending ?? 0 };
  }

  async begin({ runId, channelKind }: RunnerRun): Promise<void> {
    if (channelKind !== "redis") {
      throw new InvalidOptionError(
        `run ${runId} has a channel of kind ${quoted(channelKind)}, which workers of a queue cannot read: expected "redis"; pass channel: new RedisChannel({ url }) of "cairnflow/redis".`,
      );
    }
    this.#runs.add(runId);
    this.#opening ??= Sender.open(this.#settings, this.#counts);
    const opening = this.#opening;
    try {
      this.#sender = await opening;
    } catch (error) {
      this.#runs.delete(runId);
      if (this.#opening === opening) this.#opening = null;
      throw error;
    }
  }

  async run(task: RemoteTask, attempt: RemoteAttempt): Promise<string> {
    if (this.#sender !== null) return this.#sender.send(task, attempt);
    throw new RunnerError(`run ${task.runId} was not begun with this runner.`, { runId: task.runId });
  }

  async end(runId: string): Promise<void> {
    this.#runs.delete(runId);
    const sender = this.#sender;
    if (sender === null) return;
    await sender.leave(runId);
    if (this.#runs.size > 0 || this.#sender !== sender) return;
    this.#opening = null;
    this.#sender = null;
    await sender.close();
  }
}

/**
 * Has the bodies of a run's tasks run by workers that listen to a queue of BullMQ: see `createWorker`. The run needs a
 * `RedisChannel`. One runner serves any number of runs.
 *
 * ```ts
 * const runner = bullmqRunner({ connection: "redis://127.0.0.1:6379", queue: "training" });
 * await training.run(input, { runner, channel: new RedisChannel({ url: "redis://127.0.0.1:6379" }) });
 * ```
 *
 * Throws `InvalidOptionError`. The run rejects with `StoreUnavailableError`, `UnsafeRedisConfigError` or `MissingPackageError` if it
 * cannot begin.
 */
export const bullmqRunner = (options: BullmqRunnerOptions): BullmqRunner => new BullmqRunner(options);
