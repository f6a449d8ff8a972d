import { CairnError, RunnerError } from "../core/errors.js";
import { hash128 } from "../core/hash.js";
import { isId, quoted } from "../core/ids.js";
import { StoredValue } from "../core/serialize/index.js";
import { runOf } from "./queue-names.js";

/** What is put into the job of a run. */
export interface RunJobData {
  readonly workflow: string;
  /** Of the code of whoever submitted the run, or `null` if that had none. */
  readonly version: number | null;
  readonly graphHash: string | null;
  /** The text of the input. */
  readonly input: string;
  /** Tells inputs apart without showing them. */
  readonly digest: string;
  /** Whether a run that has failed is gone on with. */
  readonly retryFailed: boolean;
  /** How often it was put off because its store was away. */
  readonly setbacks: number;
  /** The engines that have given it back, as they do not have its code. */
  readonly refusedBy: readonly string[];
}

/** What an engine makes of the data of a job. */
export interface SubmittedRun {
  readonly data: RunJobData;
  readonly runId: string;
  readonly input: StoredValue;
}

const MOST_REFUSALS = 10_000;

/** The data of a job that nobody has taken yet. */
export const newRunJobData = (of: Pick<RunJobData, "workflow" | "version" | "graphHash" | "input" | "retryFailed">): RunJobData => ({
  ...of,
  digest: hash128(of.input),
  setbacks: 0,
  refusedBy: [],
});

/** How each field must be. */
const FIELDS: readonly (readonly [name: keyof RunJobData, expected: string, fits: (value: unknown) => boolean])[] = [
  ["workflow", "the name of a workflow", isId],
  ["version", "a number or null", (value) => value === null || Number.isFinite(value)],
  ["graphHash", "a text or null", (value) => value === null || typeof value === "string"],
  ["input", "a text", (value) => typeof value === "string"],
  ["digest", "a text", (value) => typeof value === "string"],
  ["retryFailed", "true or false", (value) => typeof value === "boolean"],
  ["setbacks", "a count", (value) => Number.isSafeInteger(value) && (value as number) >= 0],
  ["refusedBy", "a list of ids", (value) => Array.isArray(value) && value.length <= MOST_REFUSALS && value.every(isId)],
];

/** Reads the job of a run, which anybody may have edited, in the queue of a workflow. Throws `RunnerError`. */
export function readRunJob(jobId: unknown, found: unknown, workflow: string): SubmittedRun {
  const runId = runOf(jobId);
  if (!isId(runId)) throw unreadable(quoted(jobId), `the id ${quoted(jobId)}`, "run. and a run id");
  const data = Object.fromEntries(FIELDS.map(([name, expected, fits]) => [name, field(runId, found, name, expected, fits)]));
  const read = data as unknown as RunJobData;
  if (read.workflow !== workflow) throw unreadable(runId, `workflow ${quoted(read.workflow)}`, `${quoted(workflow)}, whose queue it is in`);
  if (hash128(read.input) !== read.digest)
    throw unreadable(runId, "another input than the one of its digest", "the input as it was submitted");
  return { data: read, runId, input: inputOf(runId, read.input) };
}

function field(runId: string, of: unknown, name: string, expected: string, fits: (value: unknown) => boolean): unknown {
  const value = typeof of === "object" && of !== null && Object.hasOwn(of, name) ? (of as Record<string, unknown>)[name] : undefined;
  if (fits(value)) return value;
  const kind = Array.isArray(value) ? "another list" : value === undefined ? "nothing" : `a ${typeof value}`;
  throw unreadable(runId, `${kind} as ${name}`, expected);
}

function inputOf(runId: string, text: string): StoredValue {
  try {
    return StoredValue.fromText(text);
  } catch (error) {
    if (error instanceof CairnError) throw unreadable(runId, "an input that is no stored value", "what submit has written");
    throw error;
  }
}

const unreadable = (runId: string, found: string, expected: string): RunnerError =>
  new RunnerError(`the job of run ${runId} is not what was submitted: found ${found}, expected ${expected}; submit the run anew.`);
