import type { Channel } from "../core/channel.js";
import { checkEntry } from "../core/check-step.js";
import type { CheckpointInfo } from "../core/checkpoint.js";
import { type Duration, toMs } from "../core/duration.js";
import { UsageError } from "../core/errors.js";
import type { PlanNode } from "../core/graph-plan.js";
import { resultKey } from "../core/result-key.js";
import type { RunEvents } from "../core/run-events.js";
import { capture } from "../core/serialize/index.js";
import { startRun } from "../core/settle-flow.js";
import { Step } from "../core/step.js";
import type { OutputOf, TaskLike } from "../core/task.js";
import { Engine, type Rest } from "./engine.js";
import { Failures } from "./failures.js";
import { resultIdOf } from "./requests.js";
import { outputOf, type PendingTask, pendingTask, type RunResult, type StepResult } from "./run-result.js";
import { type RunStats, StatsBook } from "./run-stats.js";
import { RunStorage, type StoredRunWiring } from "./run-storage.js";

/** One run and what it is wired to. */
export class RunContext<Output = unknown> {
  readonly #wiring: StoredRunWiring;
  readonly #engine: Engine;
  readonly #storage: RunStorage;
  readonly #failures: Failures;
  readonly #stats = new StatsBook();
  #phase: "new" | "resumed" | "stepping" | "working" | "ended" = "new";
  #isStepping = false;
  #underWay: Promise<unknown> | null = null;
  #stopReason: string | null = null;

  protected constructor(
    wiring: StoredRunWiring,
    private readonly resumedFrom: CheckpointInfo | null,
    private readonly signal: AbortSignal | null,
  ) {
    this.#wiring = wiring;
    this.#failures = new Failures(wiring.state.runId);
    this.#engine = new Engine(wiring, this.#failures, this.#stats);
    this.#storage = new RunStorage(wiring);
    if (resumedFrom !== null) this.#phase = "resumed";
  }

  get runId(): string {
    return this.#wiring.state.runId;
  }

  /** Steps committed so far. */
  get steps(): number {
    return this.#wiring.state.steps;
  }

  /** The run's state, outside any task: writes take effect at once. */
  get channel(): Channel {
    return this.#wiring.channel as unknown as Channel;
  }

  get events(): RunEvents {
    return this.#wiring.events;
  }

  /** Tasks that wait to be started, those for a time to come last. */
  get pendingTasks(): readonly PendingTask[] {
    return Array.from(this.#wiring.state.pending(), pendingTask);
  }

  /** The ids of tasks that have completed, each once. */
  get completedTasks(): readonly string[] {
    return [...this.#wiring.state.completed.keys()];
  }

  /** How often and how long tasks ran in this process. */
  stats(): RunStats {
    return this.#stats.read();
  }

  /** The last committed output of a task, or `undefined` if it has none. */
  async result<T extends TaskLike>(task: T): Promise<OutputOf<T> | undefined> {
    const value = await this.#wiring.channel.backend.read(resultKey(resultIdOf(this.#wiring.definition, task)));
    return value?.read() as OutputOf<T> | undefined;
  }

  /** The latest value of a metric, or `undefined`. */
  metric(name: string): number | undefined {
    return this.#wiring.state.metrics.get(name);
  }

  /**
   * Runs to the end. After `step` or a resume it goes on, without an input. Rejects with what the run failed with:
   * `TaskFailedError`, `GroupFailedError`, `CycleLimitError`, `StepLimitError`, `RunCancelledError`, a `CheckpointError`.
   */
  async run(input?: unknown): Promise<RunResult<Output>> {
    this.#refuseDuringStep();
    const before = this.#enter(input, "working");
    const toEnd = this.#toEnd(before, input);
    this.#underWay = toEnd;
    return toEnd;
  }

  async #toEnd(before: "new" | "resumed" | "stepping", input: unknown): Promise<RunResult<Output>> {
    try {
      await this.#begin(before, input);
      return await this.#finish(await this.#work(Number.POSITIVE_INFINITY));
    } catch (error) {
      this.#wiring.watch?.fail(error);
      throw error;
    } finally {
      await this.#storage.letGo();
    }
  }

  /** Makes exactly one commit; the first call starts the run. Does nothing once the run has ended. */
  async step(input?: unknown): Promise<StepResult> {
    if (this.#phase !== "ended") await this.#oneStep(input);
    const { status, steps } = this.#wiring.state;
    return { status, steps };
  }

  async #oneStep(input: unknown): Promise<void> {
    this.#refuseDuringStep();
    this.#isStepping = true;
    let rest: Rest | null = null;
    try {
      await this.#begin(this.#enter(input, "stepping"), input);
      rest = await this.#work(1);
      if (rest !== "paused") await this.#finish(rest);
    } catch (error) {
      this.#wiring.watch?.fail(error);
      throw error;
    } finally {
      this.#isStepping = false;
      if (rest !== "paused") await this.#storage.letGo();
    }
  }

  #refuseDuringStep(): void {
    if (!this.#isStepping) return;
    throw new UsageError(`a step of run ${this.runId} is under way: await it before the next step() or run().`, { runId: this.runId });
  }

  /** Takes nothing new, lets running tasks end within `graceMs`, stores a checkpoint; `run` resolves with `stopped`. */
  stop(reason = "stop was called", options: { readonly graceMs?: Duration } = {}): void {
    this.#stopReason ??= reason;
    this.#engine.stop(options.graceMs === undefined ? this.#wiring.settings.graceMs : toMs(options.graceMs, "graceMs"));
  }

  /** Stores a checkpoint from outside the tasks, between two steps. */
  async checkpoint(metadata: Readonly<Record<string, unknown>> = {}, options: { readonly name?: string } = {}): Promise<CheckpointInfo> {
    if (this.#phase === "new" && this.#wiring.checkpointer !== null) {
      throw new UsageError(`run ${this.runId} has not begun, so that there is nothing to save: call run() or step() first.`, {
        runId: this.runId,
      });
    }
    return this.#storage.checkpoint(metadata, options.name, this.#phase === "working" ? (request) => this.#engine.request(request) : null);
  }

  /** Stops a run that is under way in good order, and lets go of it and of its store. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#phase === "working") {
      this.stop("the context was disposed of");
      await this.#underWay?.catch(() => {});
    }
    this.#phase = "ended";
    this.#wiring.watch?.end("stopped");
    await this.#storage.letGo();
  }

  /** Takes a phase at once, so that a second call is refused; returns the one before. */
  #enter(input: unknown, phase: "working" | "stepping"): "new" | "resumed" | "stepping" {
    const before = this.#phase;
    if (before === "working" || before === "ended") {
      throw new UsageError(`run ${this.runId} was run on this context already: create another context, or resume the run.`, {
        runId: this.runId,
      });
    }
    if (before !== "new" && input !== undefined) {
      throw new UsageError(`run ${this.runId} has begun, so that it takes no input any more: call run() or step() without.`, {
        runId: this.runId,
      });
    }
    this.#phase = phase;
    return before;
  }

  /** Readies the store, and queues the start if nothing is queued yet. */
  async #begin(before: "new" | "resumed" | "stepping", input: unknown): Promise<void> {
    if (before === "stepping") return;
    this.#wiring.watch?.begin(before === "new");
    await this.#storage.open(before === "new", (error) => this.#engine.lose(error));
    if (before === "new") this.#start(input);
    else this.#announceResume();
    await this.#storage.begin();
  }

  #start(input: unknown): void {
    const { definition, state, events, host, settings } = this.#wiring;
    const stored = capture(input, "input of the run");
    checkEntry(definition.plan.nodes.get(state.start) as PlanNode, stored, "the caller of run");
    const step = new Step(state, settings.defaultRetry?.maxRetries ?? 0).begin(host.clock.now());
    startRun(step, definition.plan, stored);
    if (step.results.length > 0) this.#wiring.channel.backend.commit(step.results);
    events.emit("runStarted", { runId: this.runId, workflow: definition.name });
  }

  #announceResume(): void {
    if (this.resumedFrom === null) return;
    this.#wiring.events.emit("runResumed", { runId: this.runId, checkpointId: this.resumedFrom.id, steps: this.steps });
  }

  async #work(commits: number): Promise<Rest> {
    const { signal } = this;
    const abort = (): void => this.#engine.cancel(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    try {
      return await this.#engine.work(commits);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  async #finish(rest: Rest): Promise<RunResult<Output>> {
    this.#phase = "ended";
    const { state, events } = this.#wiring;
    const { runId, steps } = this;
    await this.#storage.end(rest === "stopped");
    const error = state.error;
    if (rest === "stopped") events.emit("runStopped", { runId, reason: this.#stopReason ?? "stopped" });
    else if (error === null) events.emit("runCompleted", { runId, steps, message: state.message });
    else events.emit("runFailed", { runId, steps, error });
    await this.#wiring.events.delivered();
    if (error !== null && rest === "over") throw this.#failures.errorOf(error);
    this.#wiring.watch?.end(rest === "stopped" ? "stopped" : "completed");
    return this.#result(rest);
  }

  #result(rest: Rest): RunResult<Output> {
    const { state, checkpointer } = this.#wiring;
    const message = rest === "stopped" ? this.#stopReason : state.message;
    const checkpoint = checkpointer?.last ?? null;
    return {
      runId: this.runId,
      status: rest === "stopped" ? "stopped" : "completed",
      output: (rest === "stopped" ? undefined : outputOf(state)) as Output,
      steps: this.steps,
      ...(message === null ? {} : { message }),
      ...(checkpoint === null ? {} : { checkpoint }),
    };
  }
}
