import type { Channel } from "../core/channel.js";
import type { CheckpointInfo } from "../core/checkpoint.js";
import { type Duration, toMs } from "../core/duration.js";
import { InvalidOptionError } from "../core/errors.js";
import { checkedId, quoted } from "../core/ids.js";
import { type PendingTask, pendingTask, type RunResult } from "../engine/run-result.js";
import type { CheckpointLocation } from "../open-store.js";
import type { SimulatedClock } from "./simulated-clock.js";
import { StoryRun, type StoryRunParts } from "./story-run.js";
import type { Trace } from "./trace.js";
import type { TraceEntry } from "./trace-entry.js";

/** What a story is made of. */
export interface StoryParts<Output> extends StoryRunParts<Output> {
  readonly channel: Channel;
  readonly store: CheckpointLocation;
}

/**
 * A run on a stage: it goes on only as far as it is told. Bodies that could run at one time begin one after the other, and time
 * passes only when all of them wait for it.
 */
export class Story<Output = unknown> {
  /** The time of the run. */
  readonly clock: SimulatedClock;
  /** The run's state; what is written here is not part of any step. */
  readonly channel: Channel;
  /** Where checkpoints go: what to resume from. */
  readonly store: CheckpointLocation;
  /** Every attempt so far. `String(story.trace)` is a text for snapshots. */
  readonly trace: Trace;
  readonly #run: StoryRun<Output>;
  readonly #checkpoints: CheckpointInfo[] = [];
  /** Attempts and checkpoints that earlier calls have gone past. */
  #seen = 0;
  #seenCheckpoints = 0;

  /** @internal */
  constructor(parts: StoryParts<Output>) {
    this.#run = new StoryRun(parts);
    this.clock = parts.clock;
    this.channel = parts.channel;
    this.store = parts.store;
    this.trace = parts.trace;
    parts.context.events.on("checkpointCommitted", ({ checkpoint }) => void this.#checkpoints.push(checkpoint));
  }

  get runId(): string {
    return this.#run.parts.context.runId;
  }

  /** How the run has ended; `null` while it has not, and if it failed. */
  get result(): RunResult<Output> | null {
    const { end } = this.#run;
    return end?.kind === "result" ? end.result : null;
  }

  /** What the run has failed with, or `null`. */
  get error(): unknown {
    const { end } = this.#run;
    return end?.kind === "error" ? end.error : null;
  }

  /** Tasks whose bodies have not begun: those that will begin next come first, those for a later time last. */
  get pending(): readonly PendingTask[] {
    return this.#run.pending;
  }

  /** Tasks whose bodies have begun and not ended. */
  get running(): readonly PendingTask[] {
    return this.#run.parts.stage.begun.map(({ spec }) => pendingTask(spec));
  }

  /** The ids of tasks that have completed, each once. */
  get completedTasks(): readonly string[] {
    return this.#run.parts.context.completedTasks;
  }

  /** Goes on to the next attempt that ends, and gives what came of it; `null` when the run has ended. */
  next(): Promise<TraceEntry | null> {
    return this.#run.act(async () => {
      await this.#run.drive(() => this.trace.length > this.#seen);
      const entry = this.trace[this.#seen];
      if (entry !== undefined) this.#seen++;
      return entry ?? null;
    });
  }

  /** Goes on until the body of this task is the next to begin. Rejects with `ScenarioError` if the run ends before. */
  async until(task: string): Promise<PendingTask> {
    this.#checkName(task);
    return this.#run.act(async () => {
      const { stage } = this.#run.parts;
      if (!(await this.#run.drive(() => stage.held[0]?.spec.ref.name === task))) throw this.#run.missed(`task ${quoted(task)} began`);
      this.#seen = this.trace.length;
      return this.pending[0] as PendingTask;
    });
  }

  /** Goes on until this task has completed once more, and gives what came of it. Rejects with `ScenarioError` if the run ends before. */
  async after(task: string): Promise<TraceEntry> {
    this.#checkName(task);
    return this.#run.act(async () => {
      const completed = (): number =>
        this.trace.findIndex(({ name, became }, index) => index >= this.#seen && name === task && became === "completed");
      if (!(await this.#run.drive(() => completed() >= 0))) throw this.#run.missed(`task ${quoted(task)} completed`);
      this.#seen = completed() + 1;
      return this.trace[this.#seen - 1] as TraceEntry;
    });
  }

  /**
   * Goes on until a checkpoint of this name is stored that has not been given yet. Rejects with `ScenarioError` if the run ends
   * before.
   */
  async untilCheckpoint(name: string): Promise<CheckpointInfo> {
    checkedId(name, "checkpoint name");
    return this.#run.act(async () => {
      const stored = (): number => this.#checkpoints.findIndex((info, index) => index >= this.#seenCheckpoints && info.name === name);
      if (!(await this.#run.drive(() => stored() >= 0))) throw this.#run.missed(`a checkpoint named ${quoted(name)} was stored`);
      this.#seen = this.trace.length;
      this.#seenCheckpoints = stored() + 1;
      return this.#checkpoints[this.#seenCheckpoints - 1] as CheckpointInfo;
    });
  }

  /** Lets this much time pass, and everything happen that happens within it. */
  async advance(duration: Duration): Promise<void> {
    const ms = toMs(duration, "advance");
    return this.#run.act(async () => {
      await this.#run.pass(this.clock.now() + ms);
      this.#seen = this.trace.length;
    });
  }

  /** Goes on to the end of the run. Rejects with what the run fails with. */
  toEnd(): Promise<RunResult<Output>> {
    return this.#run.act(() => this.#run.toEnd());
  }

  /** Stops the run in good order: what is under way ends, a checkpoint is stored, and the run can be resumed. */
  stop(reason?: string): Promise<RunResult<Output>> {
    return this.#run.act(() => {
      this.#run.parts.context.stop(reason);
      return this.#run.toEnd();
    });
  }

  /** Leaves the run as it is, as if its process had died: nothing is committed any more. */
  kill(): void {
    this.#run.kill();
  }

  /** Stops the run if it is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#run.isUnderWay) await this.stop("the scenario was disposed of").catch(() => {});
  }

  #checkName(task: string): void {
    const { registry, name } = this.#run.parts.definition;
    const names = Array.from(registry.entries(), ({ ref }) => ref.name);
    if (names.includes(task)) return;
    throw new InvalidOptionError(
      `the scenario is to go on to task ${quoted(task)}, which workflow ${quoted(name)} does not have: expected one of ${names.join(", ")}.`,
    );
  }
}
