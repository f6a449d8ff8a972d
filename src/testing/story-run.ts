import { Turns } from "../core/turns.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { type PendingTask, pendingTask, type RunResult } from "../engine/run-result.js";
import type { ExecutionContext } from "../execution-context.js";
import type { DeterminismWatch } from "./determinism.js";
import type { Driver } from "./driver.js";
import type { MortalClock } from "./mortal-clock.js";
import { ScenarioError } from "./scenario-errors.js";
import { endless, missed, type Standstill, stuck } from "./scenario-report.js";
import type { SimulatedClock } from "./simulated-clock.js";
import type { Stage } from "./stage.js";
import type { Trace } from "./trace.js";

/** The run of a story, and what holds and drives it. */
export interface StoryRunParts<Output> {
  readonly definition: WorkflowDefinition;
  readonly context: ExecutionContext<Output>;
  readonly input: unknown;
  readonly clock: SimulatedClock;
  /** The same time, for this run only. */
  readonly runClock: MortalClock;
  readonly stage: Stage;
  readonly driver: Driver;
  readonly trace: Trace;
  readonly watch: DeterminismWatch | null;
  readonly maxMoves: number;
}

type End<Output> =
  | { readonly kind: "result"; readonly result: RunResult<Output> }
  | { readonly kind: "error"; readonly error: unknown }
  | { readonly kind: "killed" };

/** Drives the run of a story from one place to another. */
export class StoryRun<Output> {
  readonly #turns = new Turns();
  #begun = false;
  #end: End<Output> | null = null;
  #movesLeft = 0;

  constructor(readonly parts: StoryRunParts<Output>) {}

  get end(): End<Output> | null {
    return this.#end;
  }

  /** Whether it has begun and not ended. */
  get isUnderWay(): boolean {
    return this.#begun && this.#end === null;
  }

  /** Tasks whose bodies have not begun, in the order in which they may. */
  get pending(): readonly PendingTask[] {
    return [...this.parts.stage.held.map(({ spec }) => pendingTask(spec)), ...this.parts.context.pendingTasks];
  }

  /** One call after the other, each with the run begun and its bodies watched. */
  act<T>(work: () => Promise<T>): Promise<T> {
    const { watch, driver, maxMoves, context } = this.parts;
    const act = async (): Promise<T> => {
      if (this.#end?.kind === "killed") {
        throw new ScenarioError(`run ${context.runId} was killed: resume it with resumeScenario to go on.`, { runId: context.runId });
      }
      this.#movesLeft = maxMoves;
      if (!this.#begun) this.#begin();
      await driver.settle();
      return work();
    };
    return this.#turns.take(() => (watch === null ? act() : watch.during(act)));
  }

  /** Goes on until something is so, or the run has ended; returns whether it is so. */
  async drive(isSo: () => boolean): Promise<boolean> {
    for (;;) {
      this.#refuseViolation();
      if (isSo()) return true;
      if (this.#end !== null) return false;
      this.#count();
      if (!(await this.#proceed()) && this.#end === null) throw stuck(this.#standstill());
    }
  }

  /** Lets time pass to `latest`, in wall-clock milliseconds. */
  async pass(latest: number): Promise<void> {
    const { driver, clock } = this.parts;
    while (this.#end === null && (await driver.move(latest))) {
      this.#refuseViolation();
      this.#count();
    }
    await clock.advance(latest - clock.now());
    this.#refuseViolation();
  }

  /** Goes on to the end. Rejects with what the run fails with. */
  async toEnd(): Promise<RunResult<Output>> {
    await this.drive(() => false);
    if (this.#end?.kind === "result") return this.#end.result;
    throw this.#end?.kind === "error" ? this.#end.error : this.missed("its end was reached");
  }

  kill(): void {
    this.#end ??= { kind: "killed" };
    this.parts.runClock.stop();
  }

  /** The run has ended before what it was to go on to. */
  missed(what: string): ScenarioError {
    const ran = this.parts.trace.map(({ task }) => task);
    if (this.#end?.kind === "error") return missed(this.#standstill(), what, "it failed", ran, this.#end.error);
    return missed(this.#standstill(), what, this.#end?.kind === "result" ? this.#end.result.status : "it was killed", ran);
  }

  #begin(): void {
    this.#begun = true;
    this.parts.context.run(this.parts.input).then(
      (result) => void (this.#end ??= { kind: "result", result }),
      (error) => void (this.#end ??= { kind: "error", error }),
    );
  }

  async #proceed(): Promise<boolean> {
    const { driver } = this.parts;
    return (await driver.move()) || this.#end !== null || driver.wait(() => this.#end !== null);
  }

  #count(): void {
    if (this.#movesLeft-- === 0) throw endless(this.#standstill(), this.parts.maxMoves);
  }

  #refuseViolation(): void {
    const violation = this.parts.watch?.violation ?? null;
    if (violation !== null) throw violation;
  }

  #standstill(): Standstill {
    const { clock, stage, definition, context } = this.parts;
    const { pending } = this;
    return { workflow: definition.name, runId: context.runId, now: clock.now(), begun: stage.begun, pending, timers: clock.pendingTimers };
  }
}
