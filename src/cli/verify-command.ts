import type { CommandLine } from "./command-line.js";
import { EXIT, type ExitCode } from "./exit-codes.js";
import { checkedRun } from "./find-checkpoint.js";
import { jsonText } from "./json-output.js";
import { withHistory } from "./open-history.js";
import { placeText } from "./runs-command.js";
import { type Column, tableText } from "./table.js";
import type { Terminal } from "./terminal.js";

interface Damaged {
  readonly runId: string;
  readonly seq: number;
  readonly id: string;
  readonly damage: string;
}

const COLUMNS: readonly Column<Damaged>[] = [
  { title: "RUN", of: ({ runId }) => runId, whole: true },
  { title: "#", of: ({ seq }) => String(seq), align: "right", whole: true },
  { title: "CHECKPOINT", of: ({ id }) => id, whole: true },
  { title: "DAMAGE", of: ({ damage }) => damage },
];

/** Reads the checkpoints of runs to the last byte. */
export async function verifyRuns(line: CommandLine, terminal: Terminal): Promise<ExitCode> {
  const verified = await withHistory(line, terminal.folder, async (history) => {
    const named = line.words("runs");
    for (const runId of named) await checkedRun(history, runId);
    const runs = [];
    for (const runId of named.length > 0 ? named : await history.runs()) runs.push({ runId, checkpoints: await history.verify(runId) });
    return runs;
  });
  const all = verified.flatMap(({ runId, checkpoints }) => checkpoints.map((one) => ({ runId, ...one })));
  const damaged = all.filter((one): one is Damaged => one.damage !== null);
  const isOk = damaged.length === 0;
  if (line.flag("json")) {
    const runs = verified.map(({ runId, checkpoints }) => ({ runId, ok: checkpoints.every(({ damage }) => damage === null), checkpoints }));
    await terminal.print(jsonText({ from: placeText(line), ok: isOk, runs }));
  } else if (!isOk) await terminal.print(tableText(damaged, COLUMNS, terminal));
  terminal.say(`cairn: ${all.length - damaged.length} of ${all.length} checkpoints of ${verified.length} runs are whole`);
  return isOk ? EXIT.done : EXIT.failed;
}
