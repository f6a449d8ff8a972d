import type { Duration } from "../core/duration.js";
import type { TaskGraph } from "../core/graph.js";
import type { RetryOptions } from "../core/retry.js";
import type { StandardSchema } from "../core/standard-schema.js";

/** The options of a task, as `task(name, options, body)` takes them. */
export interface TaskOptions {
  /** The first half of the reference under which the task is saved; the name of its workflow or graph unless given. */
  readonly module?: string;
  /** Marks the task a run begins with, where the edges do not tell. */
  readonly start?: boolean;
  /** The tasks that follow. In a class: names of its methods. */
  readonly next?: string | readonly string[];
  /** The tasks that come before, as `next` seen from the other side. */
  readonly after?: string | readonly string[];
  /** With several predecessors: `"all"` (default) runs once with all outputs, `"any"` runs on each. */
  readonly join?: "all" | "any";
  /** How often and when it is tried again; `3` is short for `{ maxRetries: 3 }`. */
  readonly retry?: number | RetryOptions;
  /** Longer than this, an attempt is aborted and fails with `TaskTimeoutError`. */
  readonly timeout?: Duration;
  /** How often the task may start in one run; the run's `defaultMaxCycles` unless given. */
  readonly maxCycles?: number;
  /** A checkpoint is written after each time the task completes. */
  readonly critical?: boolean;
  /** A checkpoint is written before the task starts, or after it completes. */
  readonly checkpoint?: "before" | "after";
  /** What the task was called before, as `name` or `module#name`: keeps old checkpoints loadable. */
  readonly formerly?: string | readonly string[];
  /** Any Standard Schema (zod, valibot, arktype): checks the input, and the body gets what the schema makes of it. */
  readonly input?: StandardSchema<unknown, unknown>;
  /** Any Standard Schema: checks what the body returns, and the task gives what the schema makes of it. */
  readonly output?: StandardSchema<unknown, unknown>;
  /** How the body is called: `"inline"` (default), or the name of one of the run's `handlers`. */
  readonly handler?: string;
  /** Words by which workers choose what they take. */
  readonly tags?: string | readonly string[];
  /** The graph that the task adds itself to. */
  readonly graph?: TaskGraph;
}

/** The options of `@task`: those of a task, a name other than the method's, and `next` limited to methods of the class. */
export interface MethodTaskOptions<Next extends string = string, Name extends string = string> extends Omit<TaskOptions, "next"> {
  /** The name of the task, if not that of the method. */
  readonly name?: Name;
  readonly next?: Next | readonly Next[];
}
