import type { GroupPolicy } from "../../src/core/group-policy.js";
import type { AnyFlow, AnyTask, ChainFlow, EachFlow, GroupSettings, ParallelFlow, TaskSettings } from "../../src/core/task.js";

const DEFAULTS: TaskSettings = {
  module: null,
  start: false,
  next: [],
  after: [],
  join: "all",
  retry: null,
  timeoutMs: null,
  maxCycles: null,
  critical: false,
  checkpoint: null,
  formerly: [],
  input: null,
  output: null,
  handler: "inline",
  tags: [],
};

/** A task that does nothing, as the graph sees it. */
export const aTask = (name: string, settings: Partial<TaskSettings> = {}): AnyTask => ({
  kind: "task",
  name,
  qualname: `fn_${name}`,
  settings: { ...DEFAULTS, ...settings },
  body: () => null,
});

export const aChain = (...parts: AnyFlow[]): ChainFlow<never, unknown, string> => ({ kind: "chain", parts });

const groupSettings = (settings: Partial<GroupSettings>): GroupSettings => ({
  name: null,
  policy: "strict" satisfies GroupPolicy,
  concurrency: null,
  ...settings,
});

export const aParallel = (branches: AnyFlow[], settings: Partial<GroupSettings> = {}): ParallelFlow<never, unknown, string> => ({
  kind: "parallel",
  branches,
  settings: groupSettings(settings),
});

export const anEach = (branch: AnyFlow, settings: Partial<GroupSettings> = {}): EachFlow<never, unknown, string> => ({
  kind: "each",
  branch,
  settings: groupSettings(settings),
});

/** The error a function throws. */
export function thrownBy(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}
