import { InvalidOptionError } from "../core/errors.js";
import { queueOf } from "./queue-names.js";
import type { WorkerSettings } from "./worker-options.js";

/** The queues that a worker listens to: one for each set of tags of its tasks that it serves. Throws `InvalidOptionError` if there is none. */
export function servedQueues({ queue, workflows, tags, untagged }: WorkerSettings): readonly string[] {
  const served = new Set<string>(untagged ? [queue] : []);
  for (const { registry } of workflows.values()) {
    for (const { task } of registry.entries()) {
      const wanted = task.settings.tags;
      if (wanted.length > 0 && wanted.every((tag) => tags.includes(tag))) served.add(queueOf(queue, wanted));
    }
  }
  if (served.size > 0) return [...served];
  throw new InvalidOptionError(
    "option tags of createWorker fits no task: expected all tags of one task of the workflows at least; add tags, or give untagged: true.",
  );
}
