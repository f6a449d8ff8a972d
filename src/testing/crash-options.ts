import { definitionOf, type Runnable } from "../authoring/definition-of.js";
import { checkedCount, checkedOptions, checkedWord, optionError } from "../authoring/option-checks.js";
import { type AnyClass, workflowNoteOf } from "../authoring/workflow-note.js";
import type { Clock } from "../core/clock.js";
import { type Duration, toMs } from "../core/duration.js";
import { InvalidOptionError } from "../core/errors.js";
import type { TaskGraph } from "../core/graph.js";
import { quoted } from "../core/ids.js";
import { isPlainObject } from "../core/plain-object.js";
import { type CheckpointPolicyOptions, checkedCheckpointPolicy } from "../engine/options.js";
import { Workflow } from "../workflow.js";
import type { CrashPlace, CrashStore } from "./crash-ground.js";
import { type Mocks, withMocks } from "./mocks.js";
import { simulatedClock } from "./simulated-clock.js";

/** What is run, or what makes it: called for each life, so that lives share nothing. */
export type CrashTarget<Target> = Target | ((place: CrashPlace) => Target);

/** What is run, in processes of its own that are killed by SIGKILL. The store must be a folder. */
export interface CrashModule {
  /** The address of the module, as in `new URL("./order.js", import.meta.url)`. */
  readonly module: string | URL;
  /** The name under which it exports what is run, or what makes it. */
  readonly export: string;
  /** Arguments of Node, such as a loader for TypeScript: `["--import", "tsx"]`. */
  readonly execArgv?: readonly string[];
  /** Environment variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export const isCrashModule = (target: unknown): target is CrashModule =>
  typeof target === "object" && target !== null && "module" in target && "export" in target;

/** How a crash matrix is made, apart from the input. */
export interface CrashSettings {
  /** Bodies in place of those of the tasks, or what makes them: called for each life. */
  readonly mocks?: Mocks | ((place: CrashPlace) => Mocks);
  /** `step` (default): each step is stored. `checkpoint`: only checkpoints are, and a run repeats what came after the last. */
  readonly durability?: "step" | "checkpoint";
  /**
   * `memory:` (default), a folder, or what makes a fresh store: called once for a cell. Only in a folder are writes torn. The folder
   * of a cell that broke stays.
   */
  readonly store?: CrashStore;
  /** When checkpoints are taken besides those that tasks ask for. */
  readonly checkpoints?: CheckpointPolicyOptions;
  /** How many cells at most; all unless given. Which ones, the seed decides. */
  readonly limit?: number;
  /** The seed of the runs, and of the choice of cells; 1 unless given. */
  readonly seed?: string | number;
  /** Makes the clock of a cell; simulated ones unless given, so that waiting takes no time. */
  readonly clock?: () => Clock;
  /** By task: how many more times than unbroken a kill may have its body run, however much was not stored yet. */
  readonly budget?: Readonly<Record<string, number>>;
  /** How long a life may take in real time before it counts as stuck; 10 s unless given. */
  readonly patience?: Duration;
}

/** How a crash matrix is made: `input` is the run's. */
export type CrashOptions<Input> = CrashSettings & (undefined extends Input ? { readonly input?: Input } : { readonly input: Input });

/** The arguments after the target: the options may be left out where the run needs no input. */
export type CrashArguments<Input> = undefined extends Input ? [options?: CrashOptions<Input>] : [options: CrashOptions<Input>];

/** What can be run and does not say what it takes. */
export type Untyped = TaskGraph | AnyClass | (object & { readonly definition?: never; readonly apply?: never });

/** The options of a crash matrix, checked. */
export interface CrashPlan {
  readonly input: unknown;
  readonly durability: "step" | "checkpoint";
  readonly store: CrashStore;
  readonly checkpoints: CheckpointPolicyOptions;
  readonly limit: number;
  readonly seed: string;
  readonly clock: () => Clock;
  readonly budget: ReadonlyMap<string, number>;
  readonly patienceMs: number;
  /** The workflow of one life. */
  workflow(place: CrashPlace): Workflow<never>;
}

const KNOWN = ["input", "mocks", "durability", "store", "checkpoints", "limit", "seed", "clock", "budget", "patience"];

/** Throws `InvalidOptionError`, `DefinitionError`. */
export function checkedCrashPlan(target: CrashTarget<Runnable> | CrashModule, options: CrashOptions<unknown>): CrashPlan {
  const given = checkedOptions<CrashOptions<unknown>>(options, KNOWN, "a crash matrix");
  const { seed = 1, clock = simulatedClock, mocks = {}, checkpoints = {}, budget = {} } = given;
  if (typeof seed !== "string" && !Number.isFinite(seed)) throw optionError("option seed", seed, "a text or a finite number");
  if (typeof clock !== "function") throw optionError("option clock", clock, "a function that makes a clock");
  const plan: CrashPlan = {
    input: given.input,
    durability: checkedWord(given.durability, ["step", "checkpoint"], "option durability") ?? "step",
    store: checkedStore(given.store ?? "memory:"),
    checkpoints: checkedPolicy(checkpoints),
    limit: checkedCount(given.limit, "option limit") ?? Number.POSITIVE_INFINITY,
    seed: String(seed),
    clock,
    budget: checkedBudget(budget),
    patienceMs: toMs(given.patience ?? 10_000, "option patience"),
    workflow: (place) => withMocks(targetOf(target, place), typeof mocks === "function" ? mocks(place) : mocks),
  };
  if (isCrashModule(target)) checkModule(target, given);
  else checkNames(plan.budget, plan.workflow({ name: "unbroken", isResumed: false }));
  return plan;
}

function checkedStore(store: unknown): CrashStore {
  const isAddress = typeof store === "string" && store !== "memory:" && /^[a-z][a-z0-9+.-]+:/i.test(store);
  if (typeof store === "function" || (typeof store === "string" && store !== "" && !isAddress)) return store as CrashStore;
  throw optionError("option store", store, '"memory:", the path of a folder, or a function that makes a store');
}

function checkedPolicy(checkpoints: unknown): CheckpointPolicyOptions {
  if (!isPlainObject(checkpoints)) throw optionError("option checkpoints", checkpoints, "an object");
  if ("store" in checkpoints) throw new InvalidOptionError("option checkpoints has a store: expected it as option store; move it there.");
  checkedCheckpointPolicy(checkpoints);
  return checkpoints;
}

/** What another process cannot be told is refused. */
function checkModule(target: CrashModule, { store = "memory:", mocks, clock }: CrashSettings): void {
  const { module, export: name, execArgv = [] } = checkedOptions<CrashModule>(target, ["module", "export", "execArgv", "env"], "target");
  const url = String(module);
  if (!URL.canParse(url) || new URL(url).protocol !== "file:")
    throw optionError("target.module", url, "a file: URL, as of new URL(path, import.meta.url)");
  if (typeof name !== "string" || name === "") throw optionError("target.export", name, "the name of an export");
  if (!Array.isArray(execArgv)) throw optionError("target.execArgv", execArgv, "a list of texts");
  if (typeof store !== "string" || store === "memory:")
    throw optionError("option store", store, "a folder, which all processes find, as a target in a module runs in processes of its own");
  for (const [option, value] of Object.entries({ mocks, clock })) {
    if (value === undefined) continue;
    throw new InvalidOptionError(
      `option ${option} is given for a target in a module: expected none, as it runs in processes of its own; export a workflow that has it.`,
    );
  }
}

function targetOf(target: CrashTarget<Runnable>, place: CrashPlace): Workflow<never> {
  const made: unknown = isFactory(target) ? target(place) : target;
  return new Workflow(definitionOf(made));
}

/** A class is run itself; any other function makes what is run. */
const isFactory = (target: CrashTarget<Runnable>): target is (place: CrashPlace) => Runnable =>
  typeof target === "function" && workflowNoteOf(target) === null && !/^class\b/.test(Function.prototype.toString.call(target));

function checkedBudget(budget: unknown): ReadonlyMap<string, number> {
  if (!isPlainObject(budget)) throw optionError("option budget", budget, "an object with a number for some tasks");
  for (const [name, times] of Object.entries(budget))
    if (!Number.isSafeInteger(times) || (times as number) < 0)
      throw optionError(`budget of ${quoted(name)}`, times, "a whole number from 0 up");
  return new Map(Object.entries(budget as Readonly<Record<string, number>>));
}

function checkNames(budget: ReadonlyMap<string, number>, { definition }: Workflow<never>): void {
  const names = [...definition.registry.entries()].map(({ task }) => task.name);
  for (const name of budget.keys()) {
    if (names.includes(name)) continue;
    throw new InvalidOptionError(`option budget names ${quoted(name)}: expected one of ${names.join(", ")}; correct or remove it.`);
  }
}
