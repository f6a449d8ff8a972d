import type { Host } from "../core/clock.js";
import { InvalidOptionError } from "../core/errors.js";
import type { RunEventMap, RunEventName, RunEvents } from "../core/run-events.js";
import { systemHost } from "../host/system-host.js";
import { eventLine } from "./event-line.js";
import { checkedProgress, type ProgressOptions, type ProgressSettings } from "./progress-options.js";
import { follow, freshProgress, type ProgressState } from "./progress-state.js";
import { ProgressWriter } from "./progress-stream.js";
import { endingOf, renderProgress, summaryOf } from "./render-progress.js";
import { fitted } from "./text-width.js";

/** How often a live view is drawn anew, in milliseconds. */
const FRAME_MS = 100;
/** A line in a file may be longer than one in a terminal. */
const LINE_WIDTH = 300;
/** Lines below the tasks: the summary, and how many more there are. */
const OTHER_LINES = 2;

/** What progress is shown of: an `ExecutionContext`. */
export interface ProgressSource {
  readonly runId: string;
  readonly events: RunEvents;
}

/** Progress that is being shown. It ends with its run by itself. */
export interface ProgressBar {
  /** Ends it before that. */
  stop(): void;
  [Symbol.dispose](): void;
}

/**
 * Shows how far a run has come: in a terminal a live view with a line for each running task, elsewhere a line from time to time.
 *
 * ```ts
 * const context = ExecutionContext.create(training, { checkpoints: "./checkpoints" });
 * progressBar(context);
 * await context.run("iris.csv");
 * ```
 *
 * Call it before `run`. It never harms the run, nor does it keep the process alive. Throws `InvalidOptionError`.
 */
export function progressBar(context: ProgressSource, options: ProgressOptions = {}): ProgressBar {
  const settings = checkedProgress(options, { stream: process.stderr, kind: process.env["TERM"] });
  if (typeof context?.events?.onAny !== "function")
    throw new InvalidOptionError("progressBar got no run: expected an ExecutionContext; make one with ExecutionContext.create(workflow).");
  return showProgress(context, settings, systemHost(options.clock));
}

/** `progressBar` with its settings and its time handed in. */
export function showProgress(context: ProgressSource, settings: ProgressSettings, host: Pick<Host, "clock" | "every">): ProgressBar {
  if (settings.mode === "quiet") return { stop: () => {}, [Symbol.dispose]: () => {} };
  return new ShownProgress(context, settings, host);
}

class ShownProgress implements ProgressBar {
  readonly #state: ProgressState;
  readonly #writer: ProgressWriter;
  readonly #offs: readonly (() => void)[];
  #saidAt: number;
  #hasEnded = false;

  constructor(
    { runId, events }: ProgressSource,
    private readonly settings: ProgressSettings,
    private readonly host: Pick<Host, "clock" | "every">,
  ) {
    this.#saidAt = this.#now;
    this.#state = freshProgress(runId, settings.total, this.#saidAt);
    this.#writer = new ProgressWriter(settings.stream);
    const off = events.onAny((name, event) => this.#hear(name, event));
    this.#offs = [off, host.every(FRAME_MS, () => this.#beat())];
  }

  stop(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const off of this.#offs) off();
    if (this.settings.mode === "live") this.#draw();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  get #now(): number {
    return this.host.clock.monotonic();
  }

  #hear(name: RunEventName, event: RunEventMap[RunEventName]): void {
    follow(this.#state, name, event, this.#now);
    if (this.settings.mode === "plain") this.#say(eventLine(name, event));
    if (this.#state.endedAt !== null) this.#end();
  }

  #beat(): void {
    if (this.settings.mode === "live") return this.#draw();
    if (this.#state.phase === "waiting" || this.#now - this.#saidAt < this.settings.everyMs) return;
    this.#saidAt = this.#now;
    this.#say(summaryOf(this.#state, this.#now));
  }

  #draw(): void {
    const { width, height } = this.#writer;
    const tasks = Math.max(0, Math.min(this.settings.tasks, height - OTHER_LINES));
    this.#writer.frame(renderProgress(this.#state, { width, tasks }, this.#now).slice(0, height));
  }

  /** The last frame gives way to one line that stays. */
  #end(): void {
    const ending = endingOf(this.#state);
    if (this.settings.mode === "live") this.#writer.frame([]);
    this.#say(ending);
    this.#hasEnded = true;
    for (const off of this.#offs) off();
  }

  #say(line: string | null): void {
    if (line !== null) this.#writer.line(fitted(line, LINE_WIDTH));
  }
}
