/** What happens at a moment at which a run can be killed: a body runs, or its store is called. */
export const CRASH_CALLS = ["body", "acquire", "put", "beginJournal", "append", "countResume", "delete", "deleteBlob", "release"] as const;
export type CrashCall = (typeof CRASH_CALLS)[number];

/** When exactly: before anything of it is done, in the middle of writing it, or when it is done and before anything follows. */
export type CrashWhen = "before" | "torn" | "after";

/** A moment of a run: the nth of its sort, and what it is about, as in `step of pay cycle 2`. */
export interface CrashMoment {
  readonly call: CrashCall;
  readonly nth: number;
  readonly about: string;
}

/** A moment at which a run is killed. */
export interface CrashPoint {
  readonly call: CrashCall;
  readonly nth: number;
  readonly when: CrashWhen;
}

/** As in `3rd append, step of pay cycle 2`. */
export const boundaryName = ({ call, nth, about }: CrashMoment): string => `${ordinal(nth)} ${call}${about === "" ? "" : `, ${about}`}`;

/** As in `after the 3rd append, step of pay cycle 2`. */
export const pointName = (when: CrashWhen, boundary: string): string => `${when === "torn" ? "in the middle of" : when} the ${boundary}`;

/** A task in its cycle, as in `pay` or `pay cycle 2`. */
export const taskName = (taskId: string, cycle: number): string => (cycle > 1 ? `${taskId} cycle ${cycle}` : taskId);

function ordinal(nth: number): string {
  const suffix = nth % 100 >= 11 && nth % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][nth % 10] ?? "th");
  return `${nth}${suffix}`;
}
