import { ExecutionContext } from "../execution-context.js";
import type { CommandLine } from "./command-line.js";
import { driveRun } from "./drive-run.js";
import type { ExitCode } from "./exit-codes.js";
import { modulesOf } from "./line-options.js";
import { loadWorkflow } from "./load-workflows.js";
import { existingRun } from "./open-history.js";
import { runOptions } from "./run-options.js";
import type { Terminal } from "./terminal.js";

/** Goes on with a run. Throws what cannot even begin. */
export async function resumeRun(line: CommandLine, terminal: Terminal): Promise<ExitCode> {
  const modules = modulesOf(line, "resume");
  const place = await existingRun(line, terminal.folder);
  const { options, keeper } = runOptions(line, place.from);
  const workflow = await loadWorkflow(modules, line.text("workflow"), terminal.folder);
  const context = await ExecutionContext.resume(workflow, {
    ...options,
    ...place,
    takeOver: line.flag("take-over"),
    ...(line.flag("fallback") ? { strategy: { fallback: "previousValid" as const } } : {}),
  });
  return driveRun({ context, workflow: workflow.name, modules, place: place.from, keeper }, line, terminal);
}
