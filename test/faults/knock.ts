// Tries all doors by which a stored checkpoint comes in, and says what was not as promised.
import {
  CairnError,
  type CheckpointStore,
  type CheckpointView,
  canResume,
  ExecutionContext,
  openCheckpointStore,
  type Workflow,
} from "../../src/index.js";
import { instantClock } from "./instant-clock.js";

/** What came of a checkpoint at all doors. */
export interface Knocked {
  /** What is against the promises; nothing is fine. */
  readonly violations: readonly string[];
  /** The classes of errors, by door. */
  readonly refusals: ReadonlyMap<string, string>;
  /** Milliseconds of work at the door that took the most. */
  readonly mostMs: number;
  /** The checkpoint, and the newest one with the steps of its journal, where they were not refused. */
  readonly view: CheckpointView | undefined;
  readonly latest: CheckpointView | undefined;
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

/** A checkpoint of common size gets an answer within this. */
const LIMIT_MS = 1_000;

class Doors {
  readonly violations: string[] = [];
  readonly refusals = new Map<string, string>();
  mostMs = 0;

  constructor(private readonly limitMs: number) {}

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
      if (tookMs > this.limitMs) this.violations.push(`${door}: took ${Math.round(tookMs)} ms of work`);
    }
  }
}

/** How a checkpoint is knocked with. */
interface KnockOptions {
  /** The most milliseconds of work at a door. */
  readonly limitMs?: number;
  /** Whether what was read is given back: of large checkpoints there is no room for several. */
  readonly keepsViews?: boolean;
}

/** Loads, verifies, reports and resumes a checkpoint, and runs what could be resumed to its end. */
export async function knock(
  target: Workflow<number, unknown>,
  store: CheckpointStore,
  runId: string,
  id: string,
  { limitMs = LIMIT_MS, keepsViews = true }: KnockOptions = {},
): Promise<Knocked> {
  const doors = new Doors(limitMs);
  const { violations, refusals } = doors;
  const history = openCheckpointStore(store);
  const kept = (view: CheckpointView | null): CheckpointView | null => (keepsViews ? view : null);
  const view = await doors.at("load", async () => kept(await history.load(id)));
  const latest = await doors.at("latest", async () => kept(await history.latest(runId)));
  await doors.at("list", () => history.list(runId));
  const verified = await doors.at("verify", () => history.verify(runId));
  const damage = verified?.find((one) => one.id === id)?.damage ?? null;
  if (verified === undefined) violations.push("verify threw");
  else if ((damage === null) === refusals.has("load"))
    violations.push(`verify found ${damage}, load ${refusals.get("load") ?? "was fine"}`);
  violations.push(...(await knockAtResume(doors, target, store, { runId, at: id })));
  if (prototypes.map(shapeOf).join("|") !== intact) violations.push("a prototype was changed");
  return { violations, refusals, mostMs: doors.mostMs, view: view ?? undefined, latest: latest ?? undefined };
}

/** What was not as promised about a resume and the report before it. */
async function knockAtResume(
  doors: Doors,
  target: Workflow<number, unknown>,
  from: CheckpointStore,
  place: { readonly runId: string; readonly at: string },
): Promise<string[]> {
  const { refusals } = doors;
  const report = await doors.at("canResume", () => canResume(target, { from, ...place }));
  const context = await doors.at("resume", () => ExecutionContext.resume(target, { from, ...place, clock: instantClock() }));
  if (context !== undefined) await doors.at("run", () => context.run());
  if (report === undefined) return [`canResume threw ${refusals.get("canResume")}`];
  if (report.resumable === (context !== undefined)) return [];
  const why = report.problems.map(({ message }) => message).join();
  return [`canResume said ${report.resumable} (${why}), resume ${refusals.get("resume") ?? "was fine"}`];
}
