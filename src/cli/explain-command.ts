import { explain } from "../core/explain.js";
import type { CommandLine } from "./command-line.js";
import { viewNamed } from "./find-checkpoint.js";
import { jsonText } from "./json-output.js";
import { withHistory } from "./open-history.js";
import { plainLines, type Terminal } from "./terminal.js";

/** Says why a run stands where it does. */
export async function explainRun(line: CommandLine, terminal: Terminal): Promise<void> {
  const view = await withHistory(line, terminal.folder, (history) => viewNamed(history, line.word("checkpoint")));
  const explanation = explain(view, { now: terminal.now() });
  await terminal.print(line.flag("json") ? jsonText(explanation) : `${plainLines(explanation.toText()).trimEnd()}\n`);
}
