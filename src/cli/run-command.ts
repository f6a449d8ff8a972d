import { resolve } from "node:path";
import { ExecutionContext } from "../execution-context.js";
import type { CommandLine } from "./command-line.js";
import { driveRun } from "./drive-run.js";
import type { ExitCode } from "./exit-codes.js";
import { jsonInput } from "./input.js";
import { modulesOf } from "./line-options.js";
import { loadWorkflow } from "./load-workflows.js";
import { runOptions } from "./run-options.js";
import type { Terminal } from "./terminal.js";

/** Runs a workflow. Throws what cannot even begin. */
export async function runWorkflow(line: CommandLine, terminal: Terminal): Promise<ExitCode> {
  const modules = modulesOf(line, "run");
  const input = await jsonInput(line, "input", terminal.folder);
  const place = placeFor(line.text("checkpoints") ?? "none", terminal.folder);
  const { options, keeper } = runOptions(line, place);
  const workflow = await loadWorkflow(modules, line.text("workflow"), terminal.folder);
  const [runId, start, seed] = [line.text("run-id"), line.text("start"), line.text("seed")];
  const context = ExecutionContext.create(workflow, {
    ...options,
    ...(runId === undefined ? {} : { runId }),
    ...(start === undefined ? {} : { start }),
    ...(seed === undefined ? {} : { seed }),
  });
  return driveRun({ context, workflow: workflow.name, input, modules, place, keeper }, line, terminal);
}

function placeFor(text: string, folder: string): string | null {
  if (text === "none") return null;
  return /^[a-z][a-z0-9+.-]+:/i.test(text) ? text : resolve(folder, text);
}
