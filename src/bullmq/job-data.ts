import { CheckpointCorruptError } from "../core/errors.js";
import { isId } from "../core/ids.js";

/** What is put into a job of BullMQ. */
export interface JobData {
  /** The box of the engine that asked. */
  readonly to: string;
  readonly run: string;
  /** Of the owner of the run that asks; 0 for a run without a store. */
  readonly epoch: number;
  /** The text of a `TaskJob`. */
  readonly job: string;
  /** The workers that have given it back, as they do not have its code. */
  readonly refusedBy: readonly string[];
}

const MOST_REFUSALS = 10_000;

/** Reads the data of a job that anybody may have edited. Throws `CheckpointCorruptError`. */
export function readJobData(data: unknown): JobData {
  const field = (name: string): unknown =>
    typeof data === "object" && data !== null && Object.hasOwn(data, name) ? (data as Record<string, unknown>)[name] : undefined;
  const [to, run, epoch, job, refusedBy] = [field("to"), field("run"), field("epoch"), field("job"), field("refusedBy")];
  if (isId(to) && isId(run) && Number.isSafeInteger(epoch) && typeof job === "string" && isShortList(refusedBy)) {
    return { to, run, epoch: epoch as number, job, refusedBy };
  }
  throw new CheckpointCorruptError(
    "the data of a job is not what an engine has sent: expected to, run, epoch, job and refusedBy; leave it to the engine.",
  );
}

const isShortList = (list: unknown): list is readonly string[] => Array.isArray(list) && list.length <= MOST_REFUSALS && list.every(isId);
