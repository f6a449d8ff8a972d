import { InvalidOptionError } from "../core/errors.js";
import { checkedKey, quoted } from "../core/ids.js";
import { ExecutionContext } from "../execution-context.js";
import type { CommandLine } from "./command-line.js";
import { driveRun } from "./drive-run.js";
import type { ExitCode } from "./exit-codes.js";
import { parsed } from "./input.js";
import { modulesOf } from "./line-options.js";
import { loadWorkflow } from "./load-workflows.js";
import { existingRun } from "./open-history.js";
import { runOptions } from "./run-options.js";
import type { Terminal } from "./terminal.js";

/** Starts a new run from a checkpoint of another. Throws what cannot even begin. */
export async function forkRun(line: CommandLine, terminal: Terminal): Promise<ExitCode> {
  const modules = modulesOf(line, "fork");
  const channel = editsOf(line);
  const place = await existingRun(line, terminal.folder);
  const newRunId = line.text("new-run-id");
  const { options, keeper } = runOptions(line, place.from);
  const workflow = await loadWorkflow(modules, line.text("workflow"), terminal.folder);
  const context = await ExecutionContext.fork(workflow, {
    ...options,
    ...place,
    channel,
    ...(newRunId === undefined ? {} : { newRunId }),
  });
  terminal.say(`cairn: run ${context.runId} goes on from run ${place.runId}`);
  return driveRun({ context, workflow: workflow.name, modules, place: place.from, keeper }, line, terminal);
}

function editsOf(line: CommandLine): Readonly<Record<string, unknown>> {
  const edits = line.texts("set").map((text) => {
    const [, key, json] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (key === undefined) throw new InvalidOptionError(`--set is ${quoted(text)}: expected a key and a value as JSON, as in lr=0.01.`);
    return [checkedKey(key), parsed(json as string, `the value of --set ${key}`)] as const;
  });
  return Object.fromEntries([...edits, ...line.texts("unset").map((key) => [checkedKey(key), undefined] as const)]);
}
