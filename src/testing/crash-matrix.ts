import type { Runnable } from "../authoring/definition-of.js";
import type { CheckpointView } from "../core/checkpoint-view.js";
import { UsageError } from "../core/errors.js";
import { RandomStream } from "../core/random.js";
import { openCheckpointStore } from "../open-store.js";
import type { Workflow } from "../workflow.js";
import type { CrashGround } from "./crash-ground.js";
import { judged, type Verdict } from "./crash-judge.js";
import type { LifeRecord } from "./crash-life.js";
import { boundaryName, type CrashMoment, type CrashPoint, type CrashWhen } from "./crash-moment.js";
import {
  type CrashArguments,
  type CrashModule,
  type CrashOptions,
  type CrashPlan,
  type CrashTarget,
  checkedCrashPlan,
  isCrashModule,
  type Untyped,
} from "./crash-options.js";
import { processStage } from "./crash-processes.js";
import { type CrashCell, CrashReport } from "./crash-report.js";
import { RUN_ID, type RunEnd, said } from "./crash-run.js";
import { type CrashStage, playedStage, type StageMaker } from "./crash-stage.js";

/**
 * Runs a workflow once, and then once more for every moment at which it could be killed: before and after each body and each write
 * of its store, and in the middle of those that a folder takes. Each time nothing of it goes on, and the run is resumed with fresh
 * code. The report says whether all of these ended as the first: same result, same channel, every step committed once, and no body
 * run again whose step was stored.
 *
 * ```ts
 * const report = await crashMatrix(() => order, { input: { id: "o-1" } });
 * report.assertGreen();
 * ```
 *
 * Throws `InvalidOptionError`, and `UsageError` if the workflow does not end well without a kill.
 */
export function crashMatrix<Input, Output>(
  target: CrashTarget<Workflow<Input, Output>>,
  ...options: CrashArguments<Input>
): Promise<CrashReport>;
export function crashMatrix(target: CrashTarget<Untyped> | CrashModule, options?: CrashOptions<unknown>): Promise<CrashReport>;
export async function crashMatrix(target: CrashTarget<Runnable> | CrashModule, options: CrashOptions<unknown> = {}): Promise<CrashReport> {
  const plan = checkedCrashPlan(target, options);
  const stage: StageMaker = (name) => (isCrashModule(target) ? processStage(target, plan, name) : playedStage(plan, name));
  const unbroken = await unbrokenRun(stage);
  const cells = unbroken.moments.flatMap((moment) => whenOf(moment, unbroken.tears).map((when) => ({ moment, when })));
  const found: CrashCell[] = [];
  for (const [at, cell] of sampled(cells, plan)) found.push(await crashCell(plan, unbroken, `cell-${at + 1}`, stage, cell));
  return new CrashReport(found, cells.length);
}

interface Unbroken extends LifeRecord {
  readonly end: RunEnd;
  readonly tears: boolean;
}

interface Kill {
  readonly moment: CrashMoment;
  readonly when: CrashWhen;
}

async function unbrokenRun(stage: StageMaker): Promise<Unbroken> {
  const place = { name: "unbroken", isResumed: false };
  const { ground, live } = await stage(place.name);
  try {
    const { record, ending } = await live(place, null);
    if (ending.kind === "ended") return { ...record, end: ending.end, tears: ground.tears };
    const [found, facts] = ending.kind === "failed" ? [`it failed: ${ending.problem}`, { cause: ending.error }] : ["it came to no end", {}];
    throw new UsageError(`the workflow does not end well without a kill: ${found}; mend that, or give it mocks.`, facts);
  } finally {
    await ground.close(false);
  }
}

/** Only what is written can be torn. */
const whenOf = ({ call }: CrashMoment, tears: boolean): readonly CrashWhen[] =>
  tears && (call === "put" || call === "append") ? ["before", "torn", "after"] : ["before", "after"];

/** All cells with their places, or some that the seed chooses. */
function sampled(cells: readonly Kill[], { limit, seed }: CrashPlan): readonly (readonly [number, Kill])[] {
  const random = new RandomStream(`${seed} cells`);
  const drawn = [...cells.entries()].map((cell) => ({ cell, lot: random.next() }));
  const chosen = drawn.sort((a, b) => a.lot - b.lot).slice(0, Math.min(limit, drawn.length));
  return chosen.map(({ cell }) => cell).sort(([a], [b]) => a - b);
}

async function crashCell(plan: CrashPlan, unbroken: Unbroken, name: string, make: StageMaker, { moment, when }: Kill): Promise<CrashCell> {
  const stage = await make(name);
  let isBroken = true;
  try {
    const { killed, outcome, problem } = await killedAndResumed(plan, unbroken, name, stage, { ...moment, when });
    isBroken = outcome !== "same";
    return { boundary: boundaryName(killed ?? moment), when, killed: killed !== null, outcome, problem };
  } finally {
    await stage.ground.close(isBroken);
  }
}

async function killedAndResumed(
  { budget }: CrashPlan,
  unbroken: Unbroken,
  name: string,
  { ground, live }: CrashStage,
  point: CrashPoint,
): Promise<Verdict & { readonly killed: CrashMoment | null }> {
  const first = await live({ name, isResumed: false }, point);
  if (first.ending.kind !== "killed")
    return { killed: null, outcome: "not killed", problem: `the kill did not fire: ${whyNot(first.ending)}` };
  const killed = first.ending.moment;
  const stored = await viewOf(ground);
  if (stored instanceof Error) return { killed, outcome: "failed", problem: `what is stored cannot be read: ${said(stored)}` };
  const { record, ending } = await live({ name, isResumed: true }, null);
  return { killed, ...judged({ unbroken, killed: first.record, resumed: { ...record, ending }, stored, budget }) };
}

function whyNot(ending: Exclude<Awaited<ReturnType<CrashStage["live"]>>["ending"], { readonly kind: "killed" }>): string {
  if (ending.kind === "failed") return `the run failed: ${ending.problem}`;
  return ending.kind === "stuck" ? "the run came to no end" : "the run ended";
}

/** What is stored of the run, or the error that reading it meets. */
const viewOf = ({ store }: CrashGround): Promise<CheckpointView | null | Error> =>
  openCheckpointStore(store)
    .latest(RUN_ID)
    .catch((error: unknown) => (error instanceof Error ? error : new Error("not an error")));
