import { DefinitionError, InvalidOptionError } from "../core/errors.js";
import type { Migration } from "../core/saved-run.js";
import type { AnyTask } from "../core/task.js";
import { isFlow } from "./flow.js";
import { checkedCount, checkedOptions } from "./option-checks.js";

/** What a workflow is told besides its tasks. */
export interface WorkflowOptions {
  /** Grows when the graph changes in a way that old checkpoints do not fit; 1 unless given. */
  readonly version?: number;
  /** Tasks that are not part of the graph, but may be queued while a run is under way. */
  readonly tasks?: readonly AnyTask[];
  /** How runs saved under older versions are carried forward: by version, what leads to it from the one before. */
  readonly migrate?: Readonly<Record<number, Migration>>;
}

/** The options of a workflow, checked and complete. */
export interface WorkflowSettings {
  readonly version: number;
  readonly tasks: readonly AnyTask[];
  readonly migrations: ReadonlyMap<number, Migration>;
}

/** The options of a workflow, checked; `what` names it in errors. Throws `DefinitionError`. */
export function checkedWorkflowOptions(options: unknown, what: string): WorkflowSettings {
  const { tasks = [], version: given, migrate } = checkedOptions<WorkflowOptions>(options ?? {}, ["version", "tasks", "migrate"], what);
  const version = checkedCount(given, `option version of ${what}`) ?? 1;
  if (Array.isArray(tasks) && tasks.every((task) => isFlow(task) && task.kind === "task")) {
    return { version, tasks, migrations: checkedMigrations(migrate, version, what) };
  }
  throw new DefinitionError(
    `option tasks of ${what} is not a list of tasks: expected what task(name, fn) returned; put flows into the graph.`,
  );
}

function checkedMigrations(migrate: unknown, version: number, what: string): ReadonlyMap<number, Migration> {
  if (migrate === undefined) return new Map();
  if (typeof migrate !== "object" || migrate === null || Array.isArray(migrate))
    throw new InvalidOptionError(`option migrate of ${what} is not an object: expected functions by the version that each leads to.`);
  return new Map(
    Object.entries(migrate).map(([to, migration]) => [checkedTarget(to, version, what), checkedMigration(migration, to, what)]),
  );
}

function checkedTarget(to: string, version: number, what: string): number {
  const target = /^\d{1,9}$/.test(to) ? Number(to) : 0;
  if (target >= 2 && target <= version) return target;
  throw new InvalidOptionError(
    `option migrate of ${what} has ${JSON.stringify(to)}: expected versions from 2 to ${version}, the workflow's own; correct it, or raise version.`,
  );
}

function checkedMigration(migration: unknown, to: string, what: string): Migration {
  if (typeof migration === "function") return migration as Migration;
  throw new InvalidOptionError(`option migrate of ${what} has no function for version ${to}: expected (saved) => { ... }.`);
}
