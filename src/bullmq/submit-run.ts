import { DuplicateIdError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { runJobOf } from "./queue-names.js";
import type { RunFacts } from "./run-book.js";
import { newRunJobData, type RunJobData } from "./run-job-data.js";
import type { RunLink } from "./run-link.js";

/** What is submitted. */
export type NewRun = Pick<RunJobData, "workflow" | "version" | "graphHash" | "input" | "retryFailed"> & { readonly runId: string };

/** Queues a run, once: the same again changes nothing. Throws `DuplicateIdError` if its id stands for another. */
export async function submitRun(link: RunLink, { runId, ...run }: NewRun): Promise<void> {
  const { book, queueFor } = link;
  const queue = queueFor(run.workflow);
  const data = newRunJobData(run);
  refuseOther(runId, data, await book.claim(runId, data));
  const job = await queue.getJob(runJobOf(runId));
  if (job !== undefined) {
    refuseOther(runId, data, job.data);
    if (!run.retryFailed || !(await job.isFailed())) return;
    await queue.remove(runJobOf(runId));
  } else if (!run.retryFailed && (await book.isCancelled(runId))) {
    return;
  }
  if (run.retryFailed) await book.reopen(runId);
  await queue.add(run.workflow, data, { jobId: runJobOf(runId) });
}

function refuseOther(runId: string, asked: RunFacts, found: Partial<RunFacts>): void {
  if (found.workflow === asked.workflow && found.digest === asked.digest) return;
  const what =
    found.workflow === asked.workflow ? "one of the same workflow with another input" : `one of workflow ${quoted(found.workflow)}`;
  throw new DuplicateIdError(
    `run id ${quoted(runId)} is taken: found ${what}, expected the same run of workflow ${quoted(asked.workflow)}; choose another run id.`,
    { runId },
  );
}
