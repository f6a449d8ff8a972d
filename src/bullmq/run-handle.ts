import { setTimeout as delay } from "node:timers/promises";
import { checkedOptions } from "../authoring/option-checks.js";
import { RunCancelledError, RunnerError } from "../core/errors.js";
import type { RunResult } from "../engine/run-result.js";
import { isPassingReply } from "./client-faults.js";
import type { LinkHolder } from "./link-holder.js";
import type { RunLink } from "./run-link.js";
import { endOf, type QueuedRunState, type RunEnd, stateOf } from "./run-states.js";
import { checkedCount } from "./runner-options.js";

/** How often it is asked for a result: less and less often. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** How a result is waited for. */
export interface ResultOptions {
  /** How long; for ever unless given. The run goes on. */
  readonly timeoutMs?: number;
}

/** A run that was submitted. */
export class RunHandle<Output = unknown> {
  readonly #links: LinkHolder;

  constructor(
    links: LinkHolder,
    readonly workflow: string,
    readonly runId: string,
  ) {
    this.#links = links;
  }

  /** Where it stands. Throws `StoreUnavailableError`. */
  state(): Promise<QueuedRunState> {
    return this.#links.ask((link) => stateOf(link, this.workflow, this.runId));
  }

  /**
   * Waits for the run to end, also while Redis is away. Rejects with what it failed with, as data: an `Error` with its name, message, code and cause; with `RunCancelledError`
   * if it was cancelled while it waited; with `RunnerError`, its `outcome` unknown, if it has not ended within `timeoutMs` or is not there.
   */
  async result(options: ResultOptions = {}): Promise<RunResult<Output>> {
    const { timeoutMs } = checkedOptions<ResultOptions>(options, ["timeoutMs"], "result");
    if (timeoutMs === undefined) return this.#end(new AbortController().signal);
    const limit = checkedCount("timeoutMs", timeoutMs, 1, "result");
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), limit);
    const end = this.#end(late.signal);
    end.catch(() => {});
    const expired = new Promise<never>((_, reject) => late.signal.addEventListener("abort", () => reject(this.#late(limit))));
    return Promise.race([end, expired]).finally(() => {
      clearTimeout(timer);
      late.abort();
    });
  }

  #end(signal: AbortSignal): Promise<RunResult<Output>> {
    return this.#links.use(async (link) => {
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
        const end = await this.#look(link);
        if (end !== null && "error" in end) throw end.error;
        if (end !== null) return end.result;
        await delay(pauseMs, undefined, { signal });
      }
    });
  }

  async #look(link: RunLink): Promise<RunEnd<Output>> {
    const { workflow, runId } = this;
    try {
      const end = await endOf<Output>(link, workflow, runId);
      const state = end === null ? await stateOf(link, workflow, runId) : null;
      return state === "unknown" || state === "cancelled" ? { error: this.#gone(state) } : end;
    } catch (error) {
      // A server that is to take another's place answers soon.
      if (isPassingReply(error)) return null;
      throw error;
    }
  }

  #gone(state: "unknown" | "cancelled"): Error {
    const { runId, workflow } = this;
    if (state === "cancelled") {
      return new RunCancelledError(`run ${runId} was cancelled while it waited; submit it with retryFailed to go on with it.`, { runId });
    }
    return new RunnerError(
      `there is no run ${runId} of workflow "${workflow}" in the queue: found neither a job nor a result, which is kept as long as the engine's keepMs says; look at the run's checkpoints, or submit it again.`,
      { outcome: "unknown", runId },
    );
  }

  #late(limitMs: number): RunnerError {
    return new RunnerError(
      `run ${this.runId} has not ended within ${limitMs} ms, and goes on; call result again to wait longer, or state to see where it stands.`,
      { outcome: "unknown", runId: this.runId },
    );
  }
}
