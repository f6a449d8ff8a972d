import type { SettledAttempt } from "../core/rehearsal.js";
import { type CrashCall, type CrashMoment, type CrashPoint, type CrashWhen, taskName } from "./crash-moment.js";

/** What is known of a life when it is over. */
export interface LifeRecord {
  /** The tasks whose bodies were begun, in order. */
  readonly bodies: readonly string[];
  /** The tasks whose steps were committed, in order. */
  readonly commits: readonly string[];
  /** How many of the commits the store has confirmed. */
  readonly confirmed: number;
  /** Whether bodies ran side by side. */
  readonly isParallel: boolean;
  readonly moments: readonly CrashMoment[];
}

const SETTLED: Readonly<Record<SettledAttempt["became"], string>> = {
  completed: "step of",
  retrying: "failed attempt at",
  failed: "failure of",
  cancelled: "cancellation by",
  released: "giving back of",
};

/** The same as data, without the life. */
export const recordOf = ({ bodies, commits, confirmed, isParallel, moments }: CrashLife): LifeRecord => ({
  bodies,
  commits,
  confirmed,
  isParallel,
  moments,
});

/** What never answers. */
export const never = <T>(): Promise<T> => new Promise(() => {});

/**
 * One process of a run, as far as a test can play it: notes all that happens, and ends at one moment, after which nothing that was
 * led through it goes on.
 */
export class CrashLife implements LifeRecord {
  readonly bodies: string[] = [];
  readonly commits: string[] = [];
  readonly moments: CrashMoment[] = [];
  /** Resolves at the kill. */
  readonly killed: Promise<CrashMoment>;
  confirmed = 0;
  isParallel = false;
  isOver = false;
  readonly #counts = new Map<CrashCall, number>();
  readonly #callOffs = new Set<() => void>();
  #underWay = 0;
  #settled: string[] = [];
  #torn: CrashMoment | null = null;
  #kill: (moment: CrashMoment) => void = () => {};

  constructor(
    private readonly point: CrashPoint | null,
    /** Called at the kill, before anything else happens. */
    private readonly die: (life: CrashLife, moment: CrashMoment) => void = () => {},
  ) {
    this.killed = new Promise((resolve) => {
      this.#kill = resolve;
    });
  }

  /** Has a call of the store go on, or ends before, in or after it. */
  async through<T>(call: CrashCall, about: string, proceed: () => Promise<T>): Promise<T> {
    if (this.isOver) return never();
    const moment = this.#note(call, about);
    if (this.#isDue(moment, "before")) return this.#end(moment);
    if (this.#isDue(moment, "torn")) this.#torn = moment;
    const result = await this.unlessOver(proceed());
    this.#torn = null;
    return this.#isDue(moment, "after") ? this.#end(moment) : result;
  }

  /** Runs a body, or ends before or after it. One that is synchronous stays so. */
  body(taskId: string, cycle: number, run: () => unknown): unknown {
    if (this.isOver) return never();
    const moment = this.#note("body", taskName(taskId, cycle));
    if (this.#isDue(moment, "before")) return this.#end(moment);
    this.bodies.push(taskId);
    this.isParallel ||= ++this.#underWay > 1;
    const ended = (): boolean => {
      this.#underWay--;
      return !this.isOver && this.#isDue(moment, "after");
    };
    try {
      const result = run();
      if (!isThenable(result)) return ended() ? this.#end(moment) : result;
      return this.unlessOver(
        Promise.resolve(result).then(
          (value: unknown) => (ended() ? this.#end(moment) : value),
          (error: unknown) => (ended() ? this.#end(moment) : Promise.reject(error)),
        ),
      );
    } catch (error) {
      if (ended()) return this.#end(moment);
      throw error;
    }
  }

  /** An attempt has been committed. */
  settled({ spec, became }: SettledAttempt): void {
    this.#settled.push(`${SETTLED[became]} ${taskName(spec.taskId, spec.cycle)}`);
    if (became === "completed") this.commits.push(spec.taskId);
  }

  /** What has been committed since it was asked last. */
  takeSettled(): readonly string[] {
    const settled = this.#settled;
    this.#settled = [];
    return settled;
  }

  /** Whether what is written next is to be cut in its middle. */
  get isTorn(): boolean {
    return this.#torn !== null && !this.isOver;
  }

  /** Half of it has been written. */
  endTorn(): void {
    if (this.#torn !== null) void this.#end(this.#torn);
  }

  /** The same promise, which is never settled if the life is over by then. */
  unlessOver<T>(promise: Promise<T>): Promise<T> {
    return promise.then(
      (value) => (this.isOver ? never<T>() : value),
      (error: unknown) => (this.isOver ? never<T>() : Promise.reject(error)),
    );
  }

  /** Something that is called off at the end; returns how to forget it. */
  atEnd(callOff: () => void): () => void {
    this.#callOffs.add(callOff);
    return () => void this.#callOffs.delete(callOff);
  }

  #note(call: CrashCall, about: string): CrashMoment {
    const nth = (this.#counts.get(call) ?? 0) + 1;
    this.#counts.set(call, nth);
    const moment = { call, nth, about };
    this.moments.push(moment);
    return moment;
  }

  #isDue({ call, nth }: CrashMoment, when: CrashWhen): boolean {
    return !this.isOver && this.point?.when === when && this.point.call === call && this.point.nth === nth;
  }

  #end<T>(moment: CrashMoment): Promise<T> {
    this.isOver = true;
    this.die(this, moment);
    for (const callOff of this.#callOffs) callOff();
    this.#callOffs.clear();
    this.#kill(moment);
    return never();
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
