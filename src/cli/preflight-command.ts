import { DefinitionError, InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { Mocks } from "../testing/mocks.js";
import { type ReplayedCheckpoint, replayCheckpoints } from "../testing/replay-checkpoints.js";
import type { CommandLine } from "./command-line.js";
import { EXIT, type ExitCode } from "./exit-codes.js";
import { importModule } from "./import-module.js";
import { jsonText } from "./json-output.js";
import { loadWorkflow } from "./load-workflows.js";
import { existingPlace } from "./open-history.js";
import { painted } from "./paint.js";
import { type Column, tableText } from "./table.js";
import type { Terminal } from "./terminal.js";

const COLUMNS: readonly Column<ReplayedCheckpoint>[] = [
  { title: "FIT", of: ({ fit }) => fit, whole: true, paint: ({ fit }, colors) => painted(fit, colors) },
  { title: "RUN", of: ({ runId }) => runId },
  { title: "#", of: ({ seq }) => String(seq), align: "right", whole: true },
  { title: "CHECKPOINT", of: ({ name, checkpoint }) => name ?? checkpoint },
  { title: "ATTEMPTS", of: ({ attempts }) => String(attempts), align: "right", whole: true },
  { title: "PROBLEM", of: ({ problem }) => problem ?? "" },
];

/** Goes on with stored checkpoints under the code of today. */
export async function preflightCheckpoints(line: CommandLine, terminal: Terminal): Promise<ExitCode> {
  const places = line.words("places").map((place) => placeIn(place, terminal.folder));
  if (places.length === 0)
    throw new InvalidOptionError("cairn preflight got no place of checkpoints: expected a folder or an address, as in ./checkpoints.");
  const workflow = await loadWorkflow([line.word("module")], line.text("workflow"), terminal.folder);
  const mocks = await mocksOf(line.text("mocks"), terminal.folder);
  const report = await replayCheckpoints(places, workflow, { mocks, which: line.flag("newest") ? "newest" : "all" });
  const { checkpoints, ok } = report;
  if (line.flag("json")) await terminal.print(jsonText({ ok, checkpoints }));
  else if (checkpoints.length > 0) await terminal.print(tableText(checkpoints, COLUMNS, terminal));
  terminal.say(`cairn: ${checkpoints.filter(({ fit }) => fit === "fits").length} of ${checkpoints.length} checkpoints fit`);
  return ok ? EXIT.done : EXIT.failed;
}

function placeIn(place: string, folder: string): string {
  const [, parent, rest] = /^(.*?)([/\\]\*\*[/\\]?)$/.exec(place) ?? [];
  return parent === undefined ? existingPlace(place, folder) : `${existingPlace(parent, folder)}${rest}`;
}

async function mocksOf(path: string | undefined, folder: string): Promise<Mocks> {
  if (path === undefined) return {};
  const { mocks } = await importModule(path, folder);
  if (typeof mocks === "object" && mocks !== null) return mocks as Mocks;
  throw new DefinitionError(`module ${quoted(path)} exports no mocks: expected \`export const mocks = { task: (ctx, input) => ... }\`.`);
}
