import type { SettledAttempt } from "../core/rehearsal.js";
import type { AnyBody, AnyTask } from "../core/task.js";
import type { TaskContext } from "../core/task-context.js";
import { isRunner, type TaskRunner } from "../core/task-runner.js";
import type { TaskSpec } from "../core/task-spec.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import type { LiveTaskContext } from "../engine/live-task-context.js";
import type { TaskHandler } from "../engine/task-handler.js";

/** A task that the engine has started. */
export interface StagedTask {
  readonly spec: TaskSpec;
  /** Wall-clock milliseconds of its start. */
  readonly since: number;
}

interface Held extends StagedTask {
  readonly ctx: LiveTaskContext;
  readonly release: () => void;
}

/** Calls a body on behalf of a task. */
export type CallBody = (ctx: TaskContext<object>, body: (ctx: TaskContext<object>) => unknown) => unknown;

/** How bodies are called that name a handler, by its name. */
export type Handlers = ReadonlyMap<string, TaskHandler | TaskRunner>;
type Body = (ctx: TaskContext<object>, input: unknown) => unknown;

/** Holds every body back until it is told to begin, so that what happens at one time happens one by one. */
export class Stage {
  readonly bodies: ReadonlyMap<AnyTask, AnyBody>;
  readonly #held: Held[] = [];
  readonly #begun = new Map<number, StagedTask>();

  constructor(
    { registry, rehearsal }: WorkflowDefinition,
    handlers: Handlers,
    private readonly callBody: CallBody,
  ) {
    const staged = Array.from(registry.entries(), ({ task }): [AnyTask, AnyBody] => {
      const mock = rehearsal?.bodies.get(task);
      const handler = mock === undefined ? handlers.get(task.settings.handler) : undefined;
      return [task, this.#bodyOf(task, (mock ?? task.body) as Body, handler)];
    });
    this.bodies = new Map(staged);
  }

  /** Tasks whose bodies wait to begin, in the order in which they will. */
  get held(): readonly StagedTask[] {
    this.#dropClosed();
    return this.#held;
  }

  /** Tasks whose bodies have begun and not ended. */
  get begun(): readonly StagedTask[] {
    return [...this.#begun.values()];
  }

  /** Lets the next body begin. Returns whether there was one. */
  release(): boolean {
    this.#dropClosed();
    const next = this.#held.shift();
    if (next === undefined) return false;
    this.#begun.set(next.spec.serial, next);
    next.release();
    return true;
  }

  settled({ spec }: SettledAttempt): void {
    this.#begun.delete(spec.serial);
  }

  #bodyOf(task: AnyTask, body: Body, handler: TaskHandler | TaskRunner | undefined): AnyBody {
    return async (given: TaskContext<object>, input: unknown): Promise<unknown> => {
      const ctx = given as LiveTaskContext;
      await new Promise<void>((release) => this.#held.push({ ctx, spec: ctx.spec, since: ctx.run.host.clock.now(), release }));
      const invoke = (): unknown => this.callBody(ctx, (seen) => body(seen, input));
      return handler === undefined || isRunner(handler) ? invoke() : handler.run({ task, ctx, input, invoke });
    };
  }

  /** Tasks that the engine has given up do not begin any more. */
  #dropClosed(): void {
    const open = this.#held.filter(({ ctx }) => !ctx.closed);
    if (open.length < this.#held.length) this.#held.splice(0, this.#held.length, ...open);
  }
}
