import { resolve } from "node:path";
import { report } from "../inspector/report.js";
import type { CommandLine } from "./command-line.js";
import { checkedRun } from "./find-checkpoint.js";
import { jsonText } from "./json-output.js";
import { withHistory } from "./open-history.js";
import { writeOutput } from "./output-file.js";
import type { Terminal } from "./terminal.js";

/** Writes a run as one HTML page. */
export async function writeReport(line: CommandLine, terminal: Terminal): Promise<void> {
  const runId = line.word("run");
  const page = await withHistory(line, terminal.folder, async (history) => {
    for (const id of [runId, ...line.texts("with")]) await checkedRun(history, id);
    return report(history, runId, { runs: line.texts("with"), values: line.flag("values") });
  });
  const file = line.text("output") ?? `${runId}.html`;
  const bytes = await writeOutput(resolve(terminal.folder, file), page);
  await terminal.print(line.flag("json") ? jsonText({ runId, file, bytes }) : `${file}\n`);
}
