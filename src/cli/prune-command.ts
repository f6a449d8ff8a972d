import type { KeepOptions } from "../core/checkpoint-policy.js";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { CommandLine } from "./command-line.js";
import { checkedRun } from "./find-checkpoint.js";
import { jsonText } from "./json-output.js";
import { countIn, countOf } from "./line-options.js";
import { withHistory } from "./open-history.js";
import { placeText } from "./runs-command.js";
import { tableText } from "./table.js";
import type { Terminal } from "./terminal.js";

/** Removes checkpoints that no rule keeps. */
export async function pruneRuns(line: CommandLine, terminal: Terminal): Promise<void> {
  const named = line.words("runs");
  if (named.length > 0 === line.flag("all"))
    throw new InvalidOptionError("cairn prune: expected runs, or --all for every run of the store; give one of both.");
  const keep = keepOf(line);
  const runs = await withHistory(line, terminal.folder, async (history) => {
    for (const runId of named) await checkedRun(history, runId);
    const pruned = [];
    for (const runId of line.flag("all") ? await history.runs() : named) {
      const removed = await history.prune(runId, keep);
      pruned.push({ runId, removed, left: (await history.store.list(runId)).length });
    }
    return pruned;
  });
  if (line.flag("json")) return terminal.print(jsonText({ from: placeText(line), runs }));
  const columns = [
    { title: "RUN", of: ({ runId }: (typeof runs)[number]) => runId, whole: true },
    { title: "REMOVED", of: ({ removed }: (typeof runs)[number]) => String(removed), align: "right" as const },
    { title: "LEFT", of: ({ left }: (typeof runs)[number]) => String(left), align: "right" as const },
  ];
  await terminal.print(tableText(runs, columns, terminal));
}

function keepOf(line: CommandLine): KeepOptions {
  const [last, every, maxBytes] = [countOf(line, "keep-last"), countOf(line, "keep-every"), countOf(line, "max-bytes")];
  const best = line.text("keep-best");
  if (last === undefined && every === undefined && maxBytes === undefined && best === undefined)
    throw new InvalidOptionError("cairn prune was not told what to keep: expected --keep-last, --keep-every, --keep-best or --max-bytes.");
  return {
    ...(last === undefined ? {} : { last }),
    ...(every === undefined ? {} : { every }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(best === undefined ? {} : { best: bestOf(best) }),
  };
}

function bestOf(text: string): NonNullable<KeepOptions["best"]> {
  const [, metric, mode, count] = /^(.+?):(min|max)(?::(.+))?$/.exec(text) ?? [];
  if (metric === undefined)
    throw new InvalidOptionError(`--keep-best is ${quoted(text)}: expected a metric and min or max, as in valLoss:min:2.`);
  return { metric, mode: mode as "min" | "max", ...(count === undefined ? {} : { count: countIn(count, "the count of --keep-best") }) };
}
