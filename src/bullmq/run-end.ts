import { storedValue } from "../core/checkpoint-read.js";
import { type ErrorRecord, fromErrorRecord, toErrorRecord } from "../core/error-record.js";
import { CairnError, RunnerError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { withTexts } from "../core/json-text.js";
import { JsonReader } from "../core/read-json.js";
import { capture } from "../core/serialize/index.js";
import { errorRecord } from "../core/spec-read.js";
import type { RunResult } from "../engine/run-result.js";
import type { Packages } from "./packages.js";

/** A result as text, as the job of a run returns it. */
export const resultText = ({ status, steps, message, output }: RunResult): string =>
  withTexts({ status, steps, message: message ?? null }, { output: capture(output, "output of the run").text() });

/** Reads what the job of a run has returned. Throws `RunnerError` for anything that no engine can have written. */
export function readResult<Output>(runId: string, returned: string): RunResult<Output> {
  try {
    const result = JsonReader.parse(JsonReader.parse(returned, "result").text(), "result");
    const message = result.at("message").textOrNull();
    return {
      runId,
      status: result.at("status").oneOf(["completed", "stopped"]),
      output: storedValue(result.at("output")).read() as Output,
      steps: result.at("steps").count(),
      ...(message === null ? {} : { message }),
    };
  } catch (cause) {
    if (!(cause instanceof CairnError)) throw cause;
    throw new RunnerError(`the result of run ${runId} cannot be read: expected what an engine writes; resume the run to have its result.`, {
      cause,
      runId,
    });
  }
}

/** What tells BullMQ that a run has failed: for people in its message, and as data in the place of its stack. */
export function failureOf(error: unknown, { UnrecoverableError }: Packages["bullmq"]): Error {
  const record = toErrorRecord(error);
  const failure = new UnrecoverableError(`${record.name}: ${record.message}`);
  failure.stack = JSON.stringify(record);
  return failure;
}

/** The error that a run has failed with, from the reason and the stacks that BullMQ keeps of its job. */
export function readFailure(runId: string, reason: string, stacks: string): Error {
  const record = recordIn(stacks);
  if (record !== null && reason === `${record.name}: ${record.message}`) return fromErrorRecord(record);
  return new RunnerError(`run ${runId} was given up by BullMQ: ${quoted(reason)}; submit it again with retryFailed to go on with it.`, {
    runId,
  });
}

function recordIn(stacks: string): ErrorRecord | null {
  try {
    const last = JsonReader.parse(stacks, "stacks").items().at(-1);
    return last === undefined ? null : errorRecord(JsonReader.parse(last.text(), "failure"));
  } catch (error) {
    if (error instanceof CairnError) return null;
    throw error;
  }
}
