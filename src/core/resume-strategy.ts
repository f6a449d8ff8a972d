import { checkedNames } from "./checkpoint-policy.js";
import { InvalidOptionError } from "./errors.js";
import { quoted } from "./ids.js";

/** What a resume does with what it finds. */
export interface ResumeStrategy {
  /** Whether failed tasks are tried again, with a fresh budget of retries (the default). If not, a run that failed stays failed. */
  readonly retryFailed?: boolean;
  /**
   * Whether tasks that the checkpoint saw running are started again, with their attempt plus one (the default). If not, they count
   * as failed: for tasks whose effects must not happen twice. A later resume can still start them again.
   */
  readonly resetRunning?: boolean;
  /**
   * Whether completed tasks keep their results and do not run again (the default). If not, the run starts again from its first
   * task with its own input; the channel keeps its values, results excepted.
   */
  readonly preserveCompleted?: boolean;
  /** How often in a row a run may be resumed whose process then dies before it gets any further; 3 unless given. */
  readonly maxResumeAttempts?: number;
  /** What happens if the newest checkpoint is damaged: an error (`refuse`, the default), or the newest one that is whole is taken. */
  readonly fallback?: "refuse" | "previousValid";
}

const FLAGS = ["retryFailed", "resetRunning", "preserveCompleted"] as const;

/** A strategy, checked and complete. Throws `InvalidOptionError`. */
export function checkedStrategy(strategy: ResumeStrategy = {}): Required<ResumeStrategy> {
  checkedNames(strategy, [...FLAGS, "maxResumeAttempts", "fallback"], "strategy");
  for (const flag of FLAGS) {
    const found: unknown = strategy[flag];
    if (found !== undefined && typeof found !== "boolean") throw refused(flag, found, "true or false");
  }
  const { retryFailed = true, resetRunning = true, preserveCompleted = true, maxResumeAttempts = 3, fallback = "refuse" } = strategy;
  if (!Number.isSafeInteger(maxResumeAttempts) || maxResumeAttempts < 1)
    throw refused("maxResumeAttempts", maxResumeAttempts, "a whole number from 1 up");
  if (fallback !== "refuse" && fallback !== "previousValid") throw refused("fallback", fallback, '"refuse" or "previousValid"');
  return { retryFailed, resetRunning, preserveCompleted, maxResumeAttempts, fallback };
}

function refused(name: string, found: unknown, expected: string): InvalidOptionError {
  const text = typeof found === "number" || typeof found === "boolean" ? String(found) : quoted(found);
  return new InvalidOptionError(`option strategy.${name} is ${text}: expected ${expected}.`);
}
