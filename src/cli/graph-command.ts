import { existsSync } from "node:fs";
import { extname, resolve } from "node:path";
import type { CheckpointView } from "../core/checkpoint-view.js";
import { InvalidOptionError } from "../core/errors.js";
import type { GraphJSON } from "../core/graph-json.js";
import { quoted } from "../core/ids.js";
import { renderDot } from "../core/render-dot.js";
import type { RenderedRun } from "../core/render-labels.js";
import { renderMermaid } from "../core/render-mermaid.js";
import { renderText } from "../core/render-text.js";
import { graphOf } from "../inspector/drawable-graph.js";
import type { CommandLine } from "./command-line.js";
import { viewNamed } from "./find-checkpoint.js";
import { jsonObject, jsonText } from "./json-output.js";
import { loadWorkflow } from "./load-workflows.js";
import { withHistory } from "./open-history.js";
import { writeOutput } from "./output-file.js";
import { planOf } from "./saved-plan.js";
import type { Terminal } from "./terminal.js";

/** What is drawn, and how far a run has come, if it is one of a run. */
interface Subject {
  readonly graph: GraphJSON;
  readonly view: CheckpointView | undefined;
}

/** Draws the graph of a workflow or a run. */
export async function drawGraph(line: CommandLine, terminal: Terminal): Promise<void> {
  const format = line.text("format") ?? "text";
  const output = line.text("output");
  if (format === "png" && output === undefined && !line.flag("json"))
    throw new InvalidOptionError("cairn graph: a png is nothing for a terminal: expected --output with the name of a file.");
  const subject = await subjectOf(line, terminal);
  if (output === undefined) return terminal.print(line.flag("json") ? jsonText(jsonOf(subject)) : String(await drawn(subject, format)));
  const bytes = await writeOutput(resolve(terminal.folder, output), await drawn(subject, format));
  if (line.flag("json")) await terminal.print(jsonText({ file: output, bytes }));
}

async function subjectOf(line: CommandLine, { folder }: Terminal): Promise<Subject> {
  const subject = line.word("subject");
  const isModule = /[/\\]/.test(subject) || (extname(subject) !== "" && existsSync(resolve(folder, subject)));
  if (isModule) return { graph: (await loadWorkflow([subject], line.text("workflow"), folder)).graph.toJSON(), view: undefined };
  const view = await withHistory(line, folder, (history) => viewNamed(history, subject));
  return { graph: graphOf(view), view };
}

async function drawn({ graph, view }: Subject, format: string): Promise<string | Uint8Array> {
  if (format === "svg" || format === "png") {
    const { graphPng, graphSvg } = await import("../inspector/index.js");
    const svg = view === undefined ? graphSvg(graph) : graphSvg(view);
    return format === "svg" ? `${svg}\n` : graphPng(svg);
  }
  const render = new Map([
    ["text", renderText],
    ["mermaid", renderMermaid],
    ["dot", renderDot],
  ]).get(format);
  if (render === undefined) throw new InvalidOptionError(`--format is ${quoted(format)}: expected text, mermaid, dot, svg or png.`);
  return render(planOf(graph), view === undefined ? {} : { run: renderedRun(view) });
}

function renderedRun({ completedTasks, tasks }: CheckpointView): RenderedRun {
  const ids = (status: string): string[] => tasks.filter((task) => task.status === status).map((task) => task.taskId);
  return { completed: completedTasks, pending: ids("pending"), running: ids("running"), failed: ids("failed") };
}

function jsonOf({ graph, view }: Subject) {
  const { name, starts, nodes, groups, edges } = graph;
  return { name, starts, nodes, groups, edges, state: view === undefined ? null : stateOf(view) };
}

function stateOf(view: CheckpointView): Readonly<Record<string, unknown>> {
  const run = renderedRun(view);
  const [pending, running, failed] = [run.pending, run.running, run.failed].map((ids) => [...ids]) as [string[], string[], string[]];
  const known = new Set([...run.completed.keys(), ...pending, ...running, ...failed]);
  const count = (ids: readonly string[], id: string): number => ids.filter((one) => one === id).length;
  return jsonObject(
    Array.from(known, (id) => [
      id,
      { completed: run.completed.get(id) ?? 0, pending: count(pending, id), running: count(running, id), failed: count(failed, id) },
    ]),
  );
}
