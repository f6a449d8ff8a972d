import type { CheckpointView } from "../core/checkpoint-view.js";
import type { LifeRecord } from "./crash-life.js";
import type { LifeEnd, RunEnd } from "./crash-run.js";
import { isSameData, tally } from "./same-data.js";

/** All that is known of a cell, and of the run that was not killed. */
export interface CrashEvidence {
  readonly unbroken: LifeRecord & { readonly end: RunEnd };
  readonly killed: LifeRecord;
  readonly resumed: LifeRecord & { readonly ending: LifeEnd };
  /** What was stored at the kill; `null` for nothing. */
  readonly stored: CheckpointView | null;
  readonly budget: ReadonlyMap<string, number>;
}

/** How a cell came out. */
export type CrashOutcome = "same" | "different" | "failed" | "stuck" | "not killed";

export interface Verdict {
  readonly outcome: CrashOutcome;
  /** What is wrong, in words; `null` for nothing. */
  readonly problem: string | null;
}

/** Holds the run that went on against the one that was not killed. */
export function judged(evidence: CrashEvidence): Verdict {
  const { ending } = evidence.resumed;
  const lost = lostSteps(evidence);
  if (ending.kind === "ended") {
    const problems = [...lost, ...differences(evidence, ending.end), ...repetitions(evidence)];
    return problems.length === 0 ? { outcome: "same", problem: null } : { outcome: "different", problem: problems.join("; ") };
  }
  if (ending.kind === "failed") return { outcome: "failed", problem: [...lost, `the resumed run failed: ${ending.problem}`].join("; ") };
  return { outcome: "stuck", problem: [...lost, "the resumed run came to no end"].join("; ") };
}

/** Steps that the store has confirmed must be there. */
function lostSteps({ killed, stored }: CrashEvidence): string[] {
  const confirmed = tally(killed.commits.slice(0, killed.confirmed));
  return [...confirmed].flatMap(([task, times]) => {
    const there = stored?.completedTasks.get(task) ?? 0;
    return there >= times
      ? []
      : [`${task} had ${times} confirmed ${times === 1 ? "step" : "steps"}, of which ${there} were there at the resume`];
  });
}

function differences({ unbroken, resumed, killed, stored }: CrashEvidence, found: RunEnd): string[] {
  const { end: expected } = unbroken;
  // Bodies side by side may end in any order.
  const inAnyOrder = unbroken.isParallel || killed.isParallel || resumed.isParallel;
  const problems: string[] = [];
  if (!isSameData(expected.output, found.output, inAnyOrder) || expected.message !== found.message) problems.push("the result differs");
  const keys = [...new Set([...expected.channel.keys(), ...found.channel.keys()])].sort();
  const differing = keys.filter((key) => !isSameData(expected.channel.get(key), found.channel.get(key), inAnyOrder));
  if (differing.length > 0) problems.push(`the channel differs at ${differing.join(", ")}`);
  if (expected.steps !== found.steps) problems.push(`it ended after ${found.steps} steps and not ${expected.steps}`);
  const committed = tally([...repeated(stored?.completedTasks ?? new Map()), ...resumed.commits]);
  return [...problems, ...wrongCommits(tally(unbroken.commits), committed)];
}

const repeated = (counts: ReadonlyMap<string, number>): string[] =>
  [...counts].flatMap(([task, times]) => Array.from({ length: times }, () => task));

function wrongCommits(expected: ReadonlyMap<string, number>, found: ReadonlyMap<string, number>): string[] {
  const tasks = [...new Set([...expected.keys(), ...found.keys()])];
  return tasks.flatMap((task) => {
    const [want, have] = [expected.get(task) ?? 0, found.get(task) ?? 0];
    return want === have ? [] : [`${task} committed ${have} ${have === 1 ? "step" : "steps"} in all and not ${want}`];
  });
}

/** A body runs again only if its step was not stored, and within the budget. */
function repetitions({ unbroken, killed, resumed, stored, budget }: CrashEvidence): string[] {
  const [whole, before, after] = [tally(unbroken.bodies), tally(killed.bodies), tally(resumed.bodies)];
  return [...after].flatMap(([task, times]) => {
    const [all, done] = [whole.get(task) ?? 0, stored?.completedTasks.get(task) ?? 0];
    const again = times + (before.get(task) ?? 0) - all;
    const allowed = budget.get(task);
    if (times > all - done)
      return [`${task} ran ${times} times after the kill: expected at most ${all - done}, as ${done} of its ${all} were stored`];
    return allowed !== undefined && again > allowed ? [`${task} was repeated ${again} times, and its budget is ${allowed}`] : [];
  });
}
