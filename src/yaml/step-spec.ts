import type { GroupPolicy } from "../core/group-policy.js";
import type { TaskSettings } from "../core/task.js";
import type { Place } from "./located.js";
import type { Template } from "./template.js";

/** A pipeline as its text says it. */
export interface PipelineSpec {
  readonly id: string;
  readonly version: number;
  readonly params: ReadonlyMap<string, unknown>;
  readonly resume: ResumeSection | null;
  readonly steps: readonly StepSpec[];
}

/** What the text says on saving and going on. `null`: nothing. */
export interface ResumeSection {
  readonly enabled: boolean;
  /** After so many steps, or so much time, or each task. */
  readonly every: "task" | { readonly steps: number } | { readonly ms: number } | null;
  readonly maxRetries: number | null;
  readonly retryFailed: boolean | null;
}

/** One step of a pipeline: a task, or a group of steps. */
export type StepSpec = TaskStepSpec | ParallelStepSpec | EachStepSpec;

interface StepBase {
  readonly id: string;
  readonly place: Place;
  /** The steps that come before; none inside a group, where the order of the list counts. */
  readonly needs: readonly Name[];
}

/** A name, and where it stands. */
export interface Name {
  readonly text: string;
  readonly place: Place;
}

export interface TaskStepSpec extends StepBase {
  readonly kind: "task";
  readonly task: Name;
  /** `null`: the task gets what comes along the edge. */
  readonly parameters: Parameters | null;
  /** What the text says in place of the task's own settings. */
  readonly settings: Partial<TaskSettings>;
}

/** A template, and where it stands. */
export interface Parameters {
  readonly template: Template;
  readonly place: Place;
}

interface GroupBase extends StepBase {
  readonly policy: { readonly value: GroupPolicy; readonly place: Place };
  readonly concurrency: number | null;
}

export interface ParallelStepSpec extends GroupBase {
  readonly kind: "parallel";
  readonly branches: readonly (readonly StepSpec[])[];
}

export interface EachStepSpec extends GroupBase {
  readonly kind: "each";
  readonly steps: readonly StepSpec[];
  /** The list; `null` for the one that comes along the edge. */
  readonly items: Parameters | null;
}

/** The branches of a step; none of a task. */
export function branchesOf(step: StepSpec): readonly (readonly StepSpec[])[] {
  if (step.kind === "task") return [];
  return step.kind === "each" ? [step.steps] : step.branches;
}
