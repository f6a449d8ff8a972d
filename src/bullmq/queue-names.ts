import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";

/** Where the jobs of one queue and the letters about them are. */
export interface QueuePlace {
  readonly queue: string;
  readonly prefix: string;
}

/** Throws `InvalidOptionError`. `what` says whose options they are. */
export function checkedPlace({ queue, prefix = "cairnflow" }: { queue?: unknown; prefix?: unknown }, what: string): QueuePlace {
  if (typeof queue !== "string" || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(queue)) {
    throw new InvalidOptionError(
      `option queue of ${what} is ${quoted(queue)}: expected 1 to 128 of A-Z a-z 0-9 . _ - starting with a letter or digit; choose such a name.`,
    );
  }
  if (typeof prefix !== "string" || !/^([A-Za-z0-9][A-Za-z0-9._-]{0,127}|\{[A-Za-z0-9][A-Za-z0-9._-]{0,125}\})$/.test(prefix)) {
    throw new InvalidOptionError(
      `option prefix of ${what} is ${quoted(prefix)}: expected 1 to 128 of A-Z a-z 0-9 . _ - starting with a letter or digit, in braces for a cluster; choose such a prefix.`,
    );
  }
  return { queue, prefix };
}

/** Throws `InvalidOptionError`. */
export function checkedTags(tags: unknown, what: string): readonly string[] {
  if (Array.isArray(tags) && tags.every((tag) => typeof tag === "string" && /^[A-Za-z0-9][A-Za-z0-9._:-]*$/.test(tag))) return tags;
  throw new InvalidOptionError(
    `option tags of ${what} is no list of tags: expected words of A-Z a-z 0-9 . _ : - starting with a letter or digit, as in ["gpu"].`,
  );
}

/** The queue for tasks with these tags: one for each set of tags, as BullMQ hands out the jobs of a queue in order. */
export function queueOf(queue: string, tags: readonly string[]): string {
  if (tags.length === 0) return queue;
  return `${queue}@${[...new Set(tags)].sort().map(encodeURIComponent).join("+")}`;
}

/** Where the epoch of a run's newest owner is told. */
export const ownerKey = ({ queue, prefix }: QueuePlace, runId: string): string => `${prefix}:${queue}:owner:${runId}`;

/** Where letters to an engine or worker are put. */
export const boxKey = ({ queue, prefix }: QueuePlace, box: string): string => `${prefix}:${queue}:box:${box}`;

/** The queue for runs of one workflow: each has its own, so that BullMQ can limit each. No queue of tasks is called so. */
export const runQueueOf = (queue: string, workflow: string): string => `${queue}#runs.${workflow}`;

/** The job of a run. BullMQ takes no number as an id, which a run may have. */
export const runJobOf = (runId: string): string => `run.${runId}`;

/** The run that a job is of, empty if it is of none. */
export const runOf = (jobId: unknown): string => (typeof jobId === "string" && jobId.startsWith("run.") ? jobId.slice("run.".length) : "");

/** Where it is noted what a run id stands for. */
export const runKey = ({ queue, prefix }: QueuePlace, runId: string): string => `${prefix}:${queue}#runs:run:${runId}`;

/** Where the names of the workflows are noted that runs were submitted of. */
export const workflowsKey = ({ queue, prefix }: QueuePlace): string => `${prefix}:${queue}#runs:workflows`;
