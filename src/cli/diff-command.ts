import { type CheckpointDifference, diffCheckpoints as differences } from "../core/checkpoint-diff.js";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { valueText } from "../inspector/value-text.js";
import type { CommandLine } from "./command-line.js";
import { viewNamed } from "./find-checkpoint.js";
import { jsonText, jsonValue } from "./json-output.js";
import { withHistory } from "./open-history.js";
import { type Column, tableText } from "./table.js";
import type { Terminal } from "./terminal.js";

type Side = "before" | "after";

const sideOf =
  (side: Side) =>
  (difference: CheckpointDifference): string =>
    side in difference ? valueText(difference[side]) : "";

const COLUMNS: readonly Column<CheckpointDifference>[] = [
  { title: "PATH", of: ({ path }) => path },
  { title: "BEFORE", of: sideOf("before"), paint: (_, colors) => colors.red },
  { title: "AFTER", of: sideOf("after"), paint: (_, colors) => colors.green },
];

/** Shows what differs from one checkpoint to another. */
export async function diffCheckpoints(line: CommandLine, terminal: Terminal): Promise<void> {
  const tolerance = toleranceOf(line.text("tolerance") ?? "");
  const [a, b, found] = await withHistory(line, terminal.folder, async (history) => {
    const before = await viewNamed(history, line.word("a"));
    const after = await viewNamed(history, line.word("b"));
    return [before.info.id, after.info.id, differences(before, after, { tolerance })] as const;
  });
  if (line.flag("json")) return terminal.print(jsonText({ a, b, differences: found.map(jsonOf) }));
  if (found.length === 0) return terminal.say("cairn: nothing differs");
  await terminal.print(tableText(found, COLUMNS, terminal));
}

const jsonOf = (difference: CheckpointDifference) => ({
  path: difference.path,
  ...("before" in difference ? { before: jsonValue(difference.before) } : {}),
  ...("after" in difference ? { after: jsonValue(difference.after) } : {}),
});

function toleranceOf(text: string): number {
  const tolerance = Number(text);
  if (text.trim() !== "" && tolerance >= 0 && Number.isFinite(tolerance)) return tolerance;
  throw new InvalidOptionError(`--tolerance is ${quoted(text)}: expected a number from 0 up, as in 1e-9.`);
}
