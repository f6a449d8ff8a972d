import { isDeepStrictEqual } from "node:util";
import { quoted } from "../core/ids.js";
import type { RegisteredTask } from "../core/registry.js";
import type { TaskContext } from "../core/task-context.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { unwritten, written } from "./fixture-values.js";
import type { MockBody, Mocks } from "./mocks.js";
import { FixtureError } from "./scenario-errors.js";
import type { FixtureChange, FixtureRequest, FixtureStep, ScenarioFixture } from "./scenario-fixture.js";
import type { SimulatedClock } from "./simulated-clock.js";

type Context = TaskContext<Record<string, unknown>>;

/** Bodies that do again what a fixture says that the tasks' own did: the same writes, requests and ends, at the same times. */
export class RecordedBodies {
  readonly #steps = new Map<string, FixtureStep[]>();
  readonly #startedAt: number;

  constructor(
    private readonly definition: WorkflowDefinition,
    { steps, startedAt }: Pick<ScenarioFixture, "steps" | "startedAt">,
    private readonly clock: SimulatedClock,
  ) {
    this.#startedAt = Date.parse(startedAt);
    for (const step of steps) {
      const known = this.#steps.get(keyOf(step));
      if (known === undefined) this.#steps.set(keyOf(step), [step]);
      else known.push(step);
    }
  }

  /** For all tasks but those that have bodies in this replay. */
  mocks(isStubbed: (task: RegisteredTask) => boolean): Mocks {
    const stubbed = [...this.definition.registry.entries()].filter(isStubbed);
    return Object.fromEntries(stubbed.map(({ ref }) => [`${ref.module}#${ref.name}`, this.#body]));
  }

  readonly #body: MockBody = async (ctx, input) => {
    const step = this.#take(ctx, input);
    const waitMs = this.#startedAt + step.at - this.clock.now();
    // What ended while others were at work ends then again, so that the order of the commits stays.
    if (waitMs > 0) await ctx.sleep(waitMs);
    for (const [key, change] of Object.entries(step.changes ?? {})) await repeatChange(ctx as unknown as Context, key, change);
    for (const request of step.requests ?? []) this.#repeatRequest(ctx, request);
    if (step.became === "released") await aborted(ctx.signal);
    if (step.error !== undefined) throw Object.assign(namedError(step.error), { retriable: step.became === "retrying" });
    return unwritten(step.output);
  };

  /** The step of this attempt: the one with the same input, of several at once. */
  #take(ctx: TaskContext, input: unknown): FixtureStep {
    const { taskId: task, cycle, attempt } = ctx;
    const steps = this.#steps.get(keyOf({ task, cycle, attempt })) ?? [];
    const same = steps.findIndex((step) => isDeepStrictEqual(step.input, written(input)));
    const [step] = steps.splice(Math.max(same, 0), 1);
    if (step !== undefined) return step;
    throw new FixtureError(
      `task ${quoted(task)}, cycle ${cycle}, attempt ${attempt} is not in the fixture: name it in live to run its own body, or renew the fixture with updateFixture.`,
      { taskId: task },
    );
  }

  #repeatRequest(ctx: TaskContext, { kind, input, value, ...fields }: FixtureRequest): void {
    const field = (name: string): string | undefined => (typeof fields[name] === "string" ? (fields[name] as string) : undefined);
    switch (kind) {
      case "next":
      case "goto": {
        const id = field("id");
        return ctx.nextTask(this.#task(field("task")), {
          input: unwritten(input),
          goto: kind === "goto",
          ...(id === undefined ? {} : { id }),
        });
      }
      case "iteration":
        return ctx.nextIteration(unwritten(input));
      case "checkpoint": {
        const name = field("name");
        return void ctx.checkpoint({}, name === undefined ? {} : { name });
      }
      case "terminate":
        return ctx.terminate(field("message") ?? "");
      case "cancel":
        return ctx.cancel(field("message") ?? "");
      case "metric":
        return ctx.metric(field("name") ?? "", unwritten(value) as number);
      case "artifact": {
        const [type, description] = [field("type"), field("description")];
        const details = { ...(type === undefined ? {} : { type }), ...(description === undefined ? {} : { description }) };
        return ctx.artifact(field("path") ?? "", details);
      }
      default:
        throw new FixtureError(
          `the fixture has a request of kind ${quoted(kind)}: expected one that recordScenario writes; record it again.`,
        );
    }
  }

  #task(name: string | undefined) {
    const found = [...this.definition.registry.entries()].find(({ ref }) => ref.name === name);
    if (found !== undefined) return found.task;
    throw new FixtureError(
      `the fixture queues task ${quoted(name)}, which workflow ${quoted(this.definition.name)} does not have: renew it with updateFixture.`,
    );
  }
}

const keyOf = ({ task, cycle, attempt }: Pick<FixtureStep, "task" | "cycle" | "attempt">): string => `${task} ${cycle} ${attempt}`;

/** A list that has grown at its end grows again: tasks beside it may have added to it meanwhile. */
async function repeatChange(ctx: Context, key: string, { before, after }: FixtureChange): Promise<void> {
  const [was, is] = [unwritten(before), unwritten(after)];
  if (after === undefined) return void (await ctx.channel.delete(key));
  if (!Array.isArray(is) || !isBeginning(was, is)) return ctx.channel.set(key, is);
  for (const item of is.slice(Array.isArray(was) ? was.length : 0)) await ctx.channel.append(key, item as never);
}

const isBeginning = (was: unknown, is: readonly unknown[]): boolean =>
  Array.isArray(was) && was.length < is.length && isDeepStrictEqual(is.slice(0, was.length), was);

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const give = (): void => reject(signal.reason);
    if (signal.aborted) give();
    else signal.addEventListener("abort", give, { once: true });
  });

function namedError({ name, code, message }: NonNullable<FixtureStep["error"]>): Error {
  const error = Object.assign(new Error(message), code === null ? {} : { code });
  error.name = name;
  return error;
}
