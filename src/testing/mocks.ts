import { definitionOf, type Runnable } from "../authoring/definition-of.js";
import { InvalidOptionError, UsageError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { isPlainObject } from "../core/plain-object.js";
import type { RegisteredTask } from "../core/registry.js";
import type { AnyBody, AnyTask } from "../core/task.js";
import type { TaskContext } from "../core/task-context.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { Workflow } from "../workflow.js";

/**
 * Called in place of a task's body. `original` calls the body that the task had before. Parameters may be annotated with the types
 * of the task, which are not compared with it; a mock that uses the channel says of which state: `(ctx: TaskContext<OrderState>) => ...`.
 */
export type MockBody = {
  // A method, so that annotated parameters are accepted.
  call(ctx: TaskContext<never>, input: unknown, original: () => unknown): unknown;
}["call"];

/** A mock that counts its calls: `begin` gives the body for one use of it, with nothing counted yet. */
export interface MockSeries {
  begin(): MockBody;
}

/** What takes the place of a task's body. */
export type Mock = MockBody | MockSeries;

/** Mocks by the name of the task, or by `module#name` where two tasks share a name. */
export type Mocks = Readonly<Record<string, Mock>>;

/**
 * The same workflow with other bodies for some tasks. Name, version, graph and references stay: checkpoints of one fit the other.
 * A mocked task runs in the engine's own thread, wherever it would run otherwise, and keeps its options: retries, time-out, schemas.
 * Mocks count their calls over all runs of the workflow that this gives.
 *
 * ```ts
 * const offline = withMocks(order, { pay: (ctx, order: Order) => ({ paid: order.total }), ship: throwOnce(new Error("no truck")) });
 * await offline.run(input);
 * ```
 *
 * Throws `InvalidOptionError` for a mock of a task that the workflow does not have, and for what is no mock.
 */
export function withMocks<Input, Output>(target: Workflow<Input, Output>, mocks: Mocks): Workflow<Input, Output>;
export function withMocks(target: Runnable, mocks: Mocks): Workflow<unknown, unknown>;
export function withMocks(target: Runnable, mocks: Mocks): Workflow<unknown, unknown> {
  const definition = definitionOf(target);
  const rehearsal = { ...definition.rehearsal, bodies: mockedBodies(definition, mocks) };
  return new Workflow({ ...definition, rehearsal });
}

/** Gives these outputs, one a call. A further call fails, and is not tried again. Throws `InvalidOptionError` for none. */
export function returns(...outputs: readonly unknown[]): MockSeries {
  if (outputs.length === 0)
    throw new InvalidOptionError("returns() got no output: expected one for each call; pass undefined for nothing.");
  return {
    begin() {
      let calls = 0;
      return ({ taskId }) => {
        if (calls < outputs.length) return outputs[calls++];
        const times = outputs.length === 1 ? "1 output" : `${outputs.length} outputs`;
        const message = `the mock of task ${quoted(taskId)} was given ${times} and is called once more: pass more of them to returns(...).`;
        throw new UsageError(message, { taskId });
      };
    },
  };
}

/** Throws at the first call; later ones are those of the task's own body. */
export const throwOnce = (error: unknown): MockSeries => throwTimes(1, error);

/** Throws at the first `times` calls; later ones are those of the task's own body. Throws `InvalidOptionError`. */
export function throwTimes(times: number, error: unknown): MockSeries {
  if (!Number.isSafeInteger(times) || times < 1)
    throw new InvalidOptionError(`throwTimes got ${String(times)} times: expected a whole number from 1 up.`);
  return {
    begin() {
      let thrown = 0;
      return (_ctx, _input, original) => {
        if (thrown === times) return original();
        thrown++;
        throw error;
      };
    },
  };
}

/** The bodies that stand in for tasks already, and those of the mocks. */
function mockedBodies(definition: WorkflowDefinition, mocks: Mocks): ReadonlyMap<AnyTask, AnyBody> {
  if (!isPlainObject(mocks))
    throw new InvalidOptionError(`the mocks of workflow ${quoted(definition.name)} are no plain object: expected { task: mock, ... }.`);
  const bodies = new Map(definition.rehearsal?.bodies);
  for (const [name, mock] of Object.entries(mocks)) {
    const { task } = mockedTask(definition, name);
    bodies.set(task, standIn(startedMock(name, mock), bodies.get(task) ?? task.body));
  }
  return bodies;
}

function mockedTask({ name: workflow, registry }: WorkflowDefinition, name: string): RegisteredTask {
  const entries = [...registry.entries()];
  const keyOf = ({ ref }: RegisteredTask): string => `${ref.module}#${ref.name}`;
  const [found, second] = entries.filter((entry) => entry.ref.name === name || keyOf(entry) === name);
  if (found === undefined) {
    const names = entries.map(({ ref }) => ref.name).join(", ");
    throw new InvalidOptionError(
      `there is a mock for task ${quoted(name)}, which workflow ${quoted(workflow)} does not have: expected one of ${names}.`,
    );
  }
  if (second === undefined) return found;
  throw new InvalidOptionError(
    `there is a mock for task ${quoted(name)}, of which workflow ${quoted(workflow)} has two: ` +
      `name it as ${quoted(keyOf(found))} or ${quoted(keyOf(second))}.`,
  );
}

function startedMock(name: string, mock: unknown): MockBody {
  if (typeof mock === "function") return mock as MockBody;
  if (typeof mock === "object" && mock !== null && typeof (mock as MockSeries).begin === "function") return (mock as MockSeries).begin();
  throw new InvalidOptionError(
    `the mock of task ${quoted(name)} is ${quoted(mock)}: expected a function (ctx, input) => output, returns(...), throwOnce(error) or throwTimes(n, error).`,
  );
}

const standIn = (mock: MockBody, original: AnyBody): AnyBody => {
  const body = original as (ctx: TaskContext<object>, input: unknown) => unknown;
  return (ctx: TaskContext<never>, input: unknown) => mock(ctx, input, () => body(ctx, input));
};
