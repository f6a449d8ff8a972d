import type { EngineSettings } from "./engine-options.js";
import type { RunLink } from "./run-link.js";
import type { RunTaker } from "./run-taker.js";

/** How often it is looked for runs that were cancelled. */
const BEAT_MS = 1_000;
/** After how long without an answer an engine counts as cut off. */
const LATE_MS = 30_000;
/** How often it is looked for runs that no engine has the workflow of: the server lists all its clients for that. */
const LOOK_MS = 60_000;

/** Looks now and then for what jobs do not tell: runs that were cancelled, and runs that nobody serves. */
export class EngineWatch {
  readonly #timers: readonly NodeJS.Timeout[];
  #since: number | null = null;

  constructor(
    private readonly link: RunLink,
    private readonly taker: RunTaker,
    private readonly settings: EngineSettings,
  ) {
    const every = (ms: number, beat: () => Promise<void>): NodeJS.Timeout => setInterval(() => void beat().catch(() => {}), ms).unref();
    this.#timers = [every(BEAT_MS, () => this.#beat()), every(LOOK_MS, () => this.#look())];
  }

  /** Whether the server has not answered for long. */
  get isLate(): boolean {
    return this.#since !== null && performance.now() - this.#since > LATE_MS;
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #beat(): Promise<void> {
    if (this.#since !== null) return;
    this.#since = performance.now();
    try {
      const { live } = this.taker;
      if (live.length === 0) await this.link.client.call("PING");
      await Promise.all(live.map(async (run) => (await this.link.book.isCancelled(run.runId)) && run.cancel()));
    } finally {
      this.#since = null;
    }
  }

  async #look(): Promise<void> {
    for (const workflow of await this.link.book.workflows()) {
      if (this.settings.workflows.has(workflow)) continue;
      const queue = this.link.queueFor(workflow);
      const waiting = await queue.getJobCountByTypes("waiting", "delayed");
      if (waiting === 0 || (await queue.getWorkersCount()) > 0) continue;
      this.settings.logger?.warn({ workflow, waiting }, "runs wait for an engine that has their workflow");
    }
  }
}
