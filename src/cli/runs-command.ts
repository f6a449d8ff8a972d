import type { CommandLine } from "./command-line.js";
import { EXIT, type ExitCode } from "./exit-codes.js";
import { jsonText } from "./json-output.js";
import { countOf } from "./line-options.js";
import { withHistory } from "./open-history.js";
import { painted } from "./paint.js";
import { type RunSummary, runSummary } from "./run-summary.js";
import { type Column, tableText } from "./table.js";
import type { Terminal } from "./terminal.js";
import { timeText } from "./times.js";

const COLUMNS: readonly Column<RunSummary>[] = [
  { title: "RUN", of: ({ runId }) => runId, whole: true },
  { title: "WORKFLOW", of: ({ workflow }) => workflow ?? "" },
  { title: "STATUS", of: ({ status }) => status, whole: true, paint: ({ status }, colors) => painted(status, colors) },
  { title: "STEPS", of: ({ steps }) => String(steps ?? ""), align: "right", whole: true },
  { title: "TASKS", of: ({ completed, total }) => (total === null ? "" : `${completed}/${total}`), align: "right", whole: true },
  { title: "SAVED", of: ({ checkpoints }) => String(checkpoints), align: "right", whole: true },
  { title: "NEWEST", of: ({ updatedAt }) => (updatedAt === null ? "" : timeText(updatedAt)) },
];

/** Lists the runs of a store. */
export async function listRuns(line: CommandLine, terminal: Terminal): Promise<ExitCode> {
  const limit = countOf(line, "limit");
  const runs = await withHistory(line, terminal.folder, async (history) => {
    const found: RunSummary[] = [];
    for (const runId of await history.runs()) found.push(await runSummary(history, runId));
    return found;
  });
  const workflow = line.text("workflow");
  const shown = runs.filter((run) => workflow === undefined || run.workflow === workflow).sort(newestFirst);
  const listed = shown.slice(0, limit);
  if (line.flag("json")) await terminal.print(jsonText({ from: placeText(line), runs: listed }));
  else if (listed.length > 0) await terminal.print(tableText(listed, COLUMNS, terminal));
  else terminal.say(`cairn: there are no runs${workflow === undefined ? "" : ` of workflow ${workflow}`} in ${placeText(line)}`);
  for (const { runId, damage } of listed) if (damage !== null) terminal.say(`cairn: run ${runId} cannot be read: ${damage}`);
  return listed.some(({ damage }) => damage !== null) ? EXIT.failed : EXIT.done;
}

const newestFirst = (a: RunSummary, b: RunSummary): number =>
  (b.updatedAt ?? "").localeCompare(a.updatedAt ?? "") || (a.runId < b.runId ? -1 : 1);

/** The place as it was given, without credentials. */
export const placeText = (line: CommandLine): string => (line.text("from") ?? "").replace(/:\/\/[^/]*@/, "://");
