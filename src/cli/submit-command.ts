import type { RunHandle } from "../bullmq/run-handle.js";
import type { RunQueue } from "../bullmq/run-queue.js";
import { runQueue } from "../bullmq.js";
import { CairnError } from "../core/errors.js";
import type { CommandLine } from "./command-line.js";
import { EXIT, type ExitCode } from "./exit-codes.js";
import { jsonInput } from "./input.js";
import { jsonText, jsonValue } from "./json-output.js";
import { placeOf, timeOf } from "./line-options.js";
import { OutputError, type Terminal } from "./terminal.js";

/** Submits a run. Throws what `runQueue` and its `submit` throw. */
export async function runSubmit(line: CommandLine, terminal: Terminal): Promise<ExitCode> {
  const workflow = line.word("workflow");
  const timeoutMs = line.text("timeout") === undefined ? null : timeOf(line, "timeout");
  const input = await jsonInput(line, "input", terminal.folder);
  const runs = runQueue(placeOf(line, "submit"));
  try {
    const handle = await submitted(runs, workflow, input, line);
    if (line.flag("wait")) return await waited(handle, timeoutMs, line, terminal);
    await terminal.print(line.flag("json") ? jsonText({ runId: handle.runId, workflow }) : `${handle.runId}\n`);
    return EXIT.done;
  } finally {
    await runs.close();
  }
}

function submitted(runs: RunQueue, workflow: string, input: unknown, line: CommandLine): Promise<RunHandle> {
  const runId = line.text("run-id");
  return runs.submit(workflow, input, { retryFailed: line.flag("retry-failed"), ...(runId === undefined ? {} : { runId }) });
}

async function waited(handle: RunHandle, timeoutMs: number | null, line: CommandLine, terminal: Terminal): Promise<ExitCode> {
  const { runId, workflow } = handle;
  terminal.say(`cairn submit: waits for run ${runId}`);
  try {
    const { status, output: value, steps } = await handle.result(timeoutMs === null ? {} : { timeoutMs });
    const output = jsonValue(value);
    await terminal.print(jsonText(line.flag("json") ? { runId, workflow, status, steps, output } : output));
    return EXIT.done;
  } catch (error) {
    if (error instanceof CairnError || error instanceof OutputError) throw error;
    terminal.say(`cairn: run ${runId} has failed: ${(error as Error).name}: ${(error as Error).message}`);
    return EXIT.failed;
  }
}
