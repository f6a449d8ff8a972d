import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../core/clock.js";
import { CairnError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { RunChannel } from "../core/stored-channel.js";
import { ExecutionContext } from "../execution-context.js";
import { cutClock, cutWorkflow } from "./crash-cuts.js";
import type { CrashGround, CrashPlace } from "./crash-ground.js";
import type { CrashLife } from "./crash-life.js";
import type { CrashMoment } from "./crash-moment.js";
import type { CrashPlan } from "./crash-options.js";
import type { SimulatedClock } from "./simulated-clock.js";

export const RUN_ID = "crash-matrix";

/** What a run has come to. */
export interface RunEnd {
  readonly output: unknown;
  readonly message: string | null;
  readonly steps: number;
  /** All keys of the channel, results of tasks among them. */
  readonly channel: ReadonlyMap<string, unknown>;
}

/** How a life ended. */
export type LifeEnd =
  | { readonly kind: "ended"; readonly end: RunEnd }
  | { readonly kind: "killed"; readonly moment: CrashMoment }
  | { readonly kind: "failed"; readonly problem: string; readonly error?: unknown }
  | { readonly kind: "stuck" };

/** Has a run live from its beginning, or go on from what is stored of it, until it ends or is killed. Does not reject. */
export async function liveThrough(
  plan: CrashPlan,
  place: CrashPlace,
  ground: CrashGround,
  clock: Clock,
  life: CrashLife,
): Promise<LifeEnd> {
  const run = lived(plan, place, ground, clock, life).then(
    (end): LifeEnd => ({ kind: "ended", end }),
    (error: unknown): LifeEnd => ({ kind: "failed", problem: said(error), error }),
  );
  const killed = life.killed.then((moment): LifeEnd => ({ kind: "killed", moment }));
  const ending = await driven(clock, Promise.race([killed, run]), plan.patienceMs);
  // Whatever goes on of a life that is given up must not disturb the next.
  life.isOver = true;
  await ground.bury();
  return ending ?? { kind: "stuck" };
}

async function lived(plan: CrashPlan, place: CrashPlace, ground: CrashGround, clock: Clock, life: CrashLife): Promise<RunEnd> {
  const store = ground.storeFor(life);
  const workflow = cutWorkflow(plan.workflow(place), life);
  const { durability, seed, checkpoints } = plan;
  const options = { durability, clock: cutClock(life, clock), checkpoints: { ...checkpoints, store } };
  const isStored = place.isResumed && (await hasCheckpoint(ground));
  const context = isStored
    ? await ExecutionContext.resume(workflow, { ...options, from: store, runId: RUN_ID })
    : ExecutionContext.create(workflow, { ...options, seed, runId: RUN_ID });
  const { output, message = null, steps } = await context.run(isStored ? undefined : plan.input);
  const { backend } = context.channel as unknown as RunChannel;
  return { output, message, steps, channel: new Map(backend.keys("").map((key) => [key, backend.read(key)?.read()])) };
}

/** Whether the life before has left anything to go on from. */
async function hasCheckpoint({ store, reclaim }: CrashGround): Promise<boolean> {
  await reclaim(RUN_ID);
  return (await store.list(RUN_ID)).length > 0;
}

/** What an error says, its cause included. */
export function said(error: unknown): string {
  const what = error instanceof CairnError ? `${error.code}, ${error.message}` : error instanceof Error ? error.name : quoted(error);
  const cause = error instanceof Error && error.cause instanceof Error ? `, by ${said(error.cause)}` : "";
  return `${what}${cause}`;
}

/** Lets time pass until something has settled; `null` if it has not after so much real time. */
async function driven<T>(clock: Clock, ending: Promise<T>, patienceMs: number): Promise<T | null> {
  let isOver = false;
  void ending.then(() => {
    isOver = true;
  });
  const endsAt = performance.now() + patienceMs;
  while (!isOver && performance.now() < endsAt) {
    // A clock that is never idle is left by the patience, like a run that waits for something real.
    if (isSimulated(clock)) await clock.runUntilIdle({ maxTimers: TIMERS }).catch(() => {});
    if (!isOver) await Promise.race([ending, delay(PAUSE_MS)]);
  }
  return isOver ? ending : null;
}

const TIMERS = 200;
const PAUSE_MS = 2;

const isSimulated = (clock: Clock): clock is SimulatedClock => "runUntilIdle" in clock;
