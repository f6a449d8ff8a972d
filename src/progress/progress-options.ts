import { checkedCount, checkedFlag, checkedOptions, optionError } from "../authoring/option-checks.js";
import type { Clock } from "../core/clock.js";
import { type Duration, toMs } from "../core/duration.js";
import type { ProgressStream } from "./progress-stream.js";

/** How progress is shown. */
export interface ProgressOptions {
  /** Where it is written; `process.stderr` unless given. */
  readonly stream?: ProgressStream;
  /** Lines instead of a live view; so it is anyway where the stream is no terminal. */
  readonly plain?: boolean;
  /** Nothing is shown. */
  readonly quiet?: boolean;
  /** How many steps the run will take in all, if that is known: the view then has a bar and the time left for the run as a whole. */
  readonly total?: number;
  /** How many running tasks get a line of their own; 8 unless given. */
  readonly tasks?: number;
  /** How much time is between two lines on the run as a whole, where there is no live view; 10 s unless given. */
  readonly every?: Duration;
  /** Where the times come from; the system's clock unless given. */
  readonly clock?: Clock;
}

/** The options of progress, checked and complete. */
export interface ProgressSettings {
  readonly stream: ProgressStream;
  readonly mode: "live" | "plain" | "quiet";
  readonly total: number | null;
  readonly tasks: number;
  readonly everyMs: number;
}

const WHO = "progressBar";
const TASKS = 8;

/** Throws `InvalidOptionError`. `terminal` is what the process writes to by itself, and the kind of terminal that is. */
export function checkedProgress(
  options: unknown,
  terminal: { readonly stream: ProgressStream; readonly kind: string | undefined },
): ProgressSettings {
  const known = ["stream", "plain", "quiet", "total", "tasks", "every", "clock"];
  const { stream = terminal.stream, plain, quiet, total, tasks, every = "10s" } = checkedOptions<ProgressOptions>(options, known, WHO);
  if (typeof stream?.write !== "function") throw optionError(`option stream of ${WHO}`, stream, "a stream, as process.stderr is one");
  const isQuiet = checkedFlag(quiet, `option quiet of ${WHO}`);
  const isPlain = checkedFlag(plain, `option plain of ${WHO}`) || stream.isTTY !== true || terminal.kind === "dumb";
  return {
    stream,
    mode: isQuiet ? "quiet" : isPlain ? "plain" : "live",
    total: checkedCount(total, `option total of ${WHO}`),
    tasks: checkedCount(tasks, `option tasks of ${WHO}`) ?? TASKS,
    everyMs: toMs(every, `option every of ${WHO}`),
  };
}
