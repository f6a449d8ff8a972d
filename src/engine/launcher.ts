import type { TaskNode } from "../core/graph-plan.js";
import type { TaskOutcome } from "../core/outcome.js";
import { applyChange } from "../core/run-change.js";
import type { AnyTask } from "../core/task.js";
import type { TaskSpec } from "../core/task-spec.js";
import { factsOf } from "./commit.js";
import { executeTask } from "./execute-task.js";
import { inlineOf } from "./inline-task.js";
import { cycleLimit, stepLimit } from "./limits.js";
import { LiveTaskContext } from "./live-task-context.js";
import type { LiveTasks } from "./live-tasks.js";
import { executeRemotely, runnerOf } from "./remote-attempt.js";
import type { RunWiring } from "./run-wiring.js";
import type { SaveQueue } from "./save-queue.js";
import type { TaskDoor } from "./task-door.js";

/** How long tasks may follow each other before the host gets a turn, so that timers and signals are heard. */
const TURN_MS = 8;

/** What a launcher asks of its engine. */
interface LaunchDesk {
  /** Whether nothing new may be started. */
  isOver(): boolean;
  fail(error: Error): void;
  /** Nobody will say how an attempt that ran elsewhere has ended. */
  lost(ctx: LiveTaskContext, error: unknown): void;
  ended(ctx: LiveTaskContext, outcome: TaskOutcome): void;
}

/** Starts the bodies of ready tasks, within the limits of the run. */
export class Launcher {
  #turnBegan = 0;

  constructor(
    private readonly door: RunWiring & TaskDoor,
    private readonly live: LiveTasks,
    private readonly saves: SaveQueue,
    private readonly desk: LaunchDesk,
  ) {}

  /** The host had its turn just now. */
  beginTurn(): void {
    this.#turnBegan = this.door.host.clock.monotonic();
  }

  /** Starts tasks until `most` are under way. Returns whether the host must get its turn before it goes on. */
  launch(most: number): boolean {
    const { state, host } = this.door;
    this.#moveDue();
    while (!this.desk.isOver() && state.ready.size > 0 && this.live.size < most) {
      const spec = state.ready.peek() as TaskSpec;
      const task = this.#taskOf(spec);
      if (!this.#withinLimits(spec, task) || this.saves.beforeStart(spec, task)) return false;
      const startedAt = host.clock.monotonic();
      if (startedAt - this.#turnBegan > TURN_MS) return true;
      state.ready.shift();
      this.#start(spec, task, startedAt);
    }
    return false;
  }

  #taskOf(spec: TaskSpec): AnyTask {
    const { plan, registry } = this.door.definition;
    if (spec.node !== null) return (plan.nodes.get(spec.node) as TaskNode).task;
    const task = inlineOf(spec.ref) ?? registry.resolve(spec.ref)?.task;
    if (task === undefined) throw new RangeError(`no task for ${spec.ref.module}#${spec.ref.name}`);
    return task;
  }

  /** Fails the run when a limit is reached; the spec stays in the queue, for a resume with a higher one. */
  #withinLimits(spec: TaskSpec, task: AnyTask): boolean {
    if (this.door.state.steps + this.live.size >= this.door.settings.maxSteps) {
      if (this.live.size === 0) this.desk.fail(stepLimit(this.door));
      return false;
    }
    const error = cycleLimit(this.door, spec, task);
    if (error !== null) this.desk.fail(error);
    return error === null;
  }

  #start(spec: TaskSpec, task: AnyTask, startedAt: number): void {
    const { state, events } = this.door;
    const ctx = new LiveTaskContext(this.door, spec, task, startedAt);
    applyChange(state, { kind: "started", spec });
    this.live.add(ctx);
    if (events.wants("taskStarted")) events.emit("taskStarted", factsOf(ctx));
    const runner = runnerOf(this.door, ctx);
    this.door.watch?.attempt(ctx, runner?.kind ?? null);
    if (runner === null) executeTask(ctx, this.#onEnded);
    else executeRemotely(this.door, runner, ctx, this.#onEnded, (error) => this.desk.lost(ctx, error));
  }

  readonly #onEnded = (ctx: LiveTaskContext, outcome: TaskOutcome): void => this.desk.ended(ctx, outcome);

  #moveDue(): void {
    const { state, host } = this.door;
    if (state.delayed.size === 0) return;
    const now = host.clock.now();
    for (let spec = state.delayed.peek(); spec !== undefined && spec.availableAt <= now; spec = state.delayed.peek()) {
      state.delayed.shift();
      state.ready.push(spec);
    }
  }
}
