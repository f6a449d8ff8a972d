// Tries all doors by which a stored checkpoint comes in, and says what was not as promised.
import { CairnError, type CheckpointStore, canResume, ExecutionContext, openCheckpointStore, type Workflow } from "../../src/index.js";
import { instantClock } from "./instant-clock.js";

/** What came of a checkpoint at all doors. */
export interface Knocked {
  /** What is against the promises; nothing is fine. */
  readonly violations: readonly string[];
  /** The classes of errors, by door. */
  readonly refusals: ReadonlyMap<string, string>;
  /** Milliseconds of work at the door that took the most. */
  readonly mostMs: number;
}

const prototypes: readonly object[] = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  String.prototype,
  Number.prototype,
  Map.prototype,
];
const shapeOf = (prototype: object): string =>
  Reflect.ownKeys(prototype)
    .map((key) => `${String(key)}:${typeof Object.getOwnPropertyDescriptor(prototype, key)?.value}`)
    .join();
const intact = prototypes.map(shapeOf).join("|");

/** Milliseconds this process has worked: unlike the time that went by, they do not depend on what else the machine does. */
function workMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Any checkpoint gets an answer within this. */
const LIMIT_MS = 1_000;

class Doors {
  readonly violations: string[] = [];
  readonly refusals = new Map<string, string>();
  mostMs = 0;

  /** Notes how an attempt ends; `undefined` if it was refused. */
  async at<Result>(door: string, attempt: () => Promise<Result>): Promise<Result | undefined> {
    const began = workMs();
    try {
      return await attempt();
    } catch (error) {
      this.refusals.set(door, error instanceof Error ? error.name : typeof error);
      if (!(error instanceof CairnError)) this.violations.push(`${door}: ${error instanceof Error ? error.stack : String(error)}`);
      return undefined;
    } finally {
      const tookMs = workMs() - began;
      this.mostMs = Math.max(this.mostMs, tookMs);
      if (tookMs > LIMIT_MS) this.violations.push(`${door}: took ${Math.round(tookMs)} ms of work`);
    }
  }
}

/** Loads, verifies, reports and resumes a checkpoint, and runs what could be resumed to its end. */
export async function knock(target: Workflow<number, unknown>, store: CheckpointStore, runId: string, id: string): Promise<Knocked> {
  const doors = new Doors();
  const { violations, refusals } = doors;
  const history = openCheckpointStore(store);
  const view = await doors.at("load", () => history.load(id));
  await doors.at("list", () => history.list(runId));
  const verified = await doors.at("verify", () => history.verify(runId));
  const damage = verified?.find((one) => one.id === id)?.damage ?? null;
  if (verified === undefined) violations.push("verify threw");
  else if ((damage === null) !== (view !== undefined))
    violations.push(`verify found ${damage}, load ${refusals.get("load") ?? "was fine"}`);
  const report = await doors.at("canResume", () => canResume(target, { from: store, runId, at: id }));
  if (report === undefined) violations.push(`canResume threw ${refusals.get("canResume")}`);
  const context = await doors.at("resume", () => ExecutionContext.resume(target, { from: store, runId, at: id, clock: instantClock() }));
  if (report !== undefined && report.resumable !== (context !== undefined)) {
    const why = report.problems.map(({ message }) => message).join();
    violations.push(`canResume said ${report.resumable} (${why}), resume ${refusals.get("resume") ?? "was fine"}`);
  }
  if (context !== undefined) await doors.at("run", () => context.run());
  if (prototypes.map(shapeOf).join("|") !== intact) violations.push("a prototype was changed");
  return { violations, refusals, mostMs: doors.mostMs };
}
