import type { Clock } from "../core/clock.js";
import { type CrashGround, type CrashPlace, groundOf } from "./crash-ground.js";
import { CrashLife, type LifeRecord, recordOf } from "./crash-life.js";
import type { CrashPoint } from "./crash-moment.js";
import type { CrashPlan } from "./crash-options.js";
import { type LifeEnd, liveThrough } from "./crash-run.js";

/** A life as it was, and how it ended. */
export interface Lived {
  readonly record: LifeRecord;
  readonly ending: LifeEnd;
}

/** Where the lives of one cell are lived. */
export interface CrashStage {
  readonly ground: CrashGround;
  /** Has a run live, until it ends or is killed at `point`. Does not reject. */
  live(place: CrashPlace, point: CrashPoint | null): Promise<Lived>;
}

/** What makes a stage for a cell. */
export type StageMaker = (name: string) => Promise<CrashStage>;

/** Lives that are played in this process, one after the other, on one clock. */
export async function playedStage(plan: CrashPlan, name: string): Promise<CrashStage> {
  const ground = await groundOf(plan.store, { name, isResumed: false });
  const clock: Clock = plan.clock();
  const live: CrashStage["live"] = async (place, point) => {
    const life = new CrashLife(point);
    const ending = await liveThrough(plan, place, ground, clock, life);
    return { record: recordOf(life), ending };
  };
  return { ground, live };
}
