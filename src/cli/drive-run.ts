import { type CairnError, PoisonTaskError, RunError, RunOwnedError } from "../core/errors.js";
import type { RunResult } from "../engine/run-result.js";
import type { ExecutionContext } from "../execution-context.js";
import { onProcessSignals } from "../host/process-signals.js";
import { progressBar } from "../progress/progress-bar.js";
import type { CommandLine } from "./command-line.js";
import type { EndKeeper } from "./end-keeper.js";
import { EXIT, type ExitCode } from "./exit-codes.js";
import { jsonText, jsonValue } from "./json-output.js";
import { resumeCommand } from "./resume-hint.js";
import type { Terminal } from "./terminal.js";

/** A run that is about to be driven to its end. */
export interface RunToDrive {
  readonly context: ExecutionContext;
  readonly workflow: string;
  readonly input?: unknown;
  readonly modules: readonly string[];
  /** Where its checkpoints go, or `null`. */
  readonly place: string | null;
  readonly keeper: EndKeeper | null;
}

/** Drives a run to its end, or until a signal stops it. Throws what a run throws that could not even begin. */
export async function driveRun(run: RunToDrive, line: CommandLine, terminal: Terminal): Promise<ExitCode> {
  const { context, input } = run;
  run.keeper?.watch(context, terminal.say);
  const bar = progressBar(context, { quiet: line.flag("quiet") });
  const stop = (signal: string): void => {
    bar.stop();
    terminal.say(
      `cairn: got ${signal}: lets the tasks under way end${run.place === null ? "" : ", then stores a checkpoint"}; once more ends at once`,
    );
    context.stop(`the process got ${signal}`);
  };
  const off = onProcessSignals(["SIGINT", "SIGTERM"], stop);
  try {
    return await ended(run, await context.run(input), line, terminal);
  } catch (error) {
    if (!(error instanceof RunError) || error instanceof RunOwnedError || error instanceof PoisonTaskError) throw error;
    return await failed(run, error, line, terminal);
  } finally {
    off();
    bar.stop();
  }
}

async function ended(run: RunToDrive, result: RunResult, line: CommandLine, terminal: Terminal): Promise<ExitCode> {
  const { runId, status, steps, message, checkpoint } = result;
  const output = jsonValue(result.output);
  const facts = {
    runId,
    workflow: run.workflow,
    status,
    steps,
    output,
    message: message ?? null,
    checkpoint: run.keeper?.stored ?? checkpoint?.id ?? null,
    error: null,
  };
  if (line.flag("json")) await terminal.print(jsonText(facts));
  else if (status === "completed") await terminal.print(jsonText(output));
  if (status === "completed") return EXIT.done;
  terminal.say(`cairn: run ${runId} is stopped after ${steps} steps; ${goOn(run)}`);
  return EXIT.stopped;
}

async function failed(run: RunToDrive, error: CairnError, line: CommandLine, terminal: Terminal): Promise<ExitCode> {
  const { runId, steps } = run.context;
  const { name, code, message } = error;
  const facts = {
    runId,
    workflow: run.workflow,
    status: "failed",
    steps,
    output: null,
    message: null,
    checkpoint: null,
    error: { name, code, message },
  };
  if (line.flag("json")) await terminal.print(jsonText(facts));
  terminal.say(`cairn: run ${runId} has failed: ${name}: ${message}${causesOf(error)}\ncairn: ${goOn(run)}`);
  return EXIT.failed;
}

const goOn = ({ context, place, modules, workflow }: RunToDrive): string =>
  place === null
    ? "it has no checkpoints, so that it cannot be resumed"
    : `to go on:\n  ${resumeCommand({ runId: context.runId, place, modules, workflow })}`;

/** What an error was caused by, where its message does not say it already. */
function causesOf(error: Error): string {
  let text = "";
  for (let at = error.cause, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (!error.message.includes(at.message)) text += `\n  caused by ${at.name}: ${at.message}`;
  }
  return text;
}
