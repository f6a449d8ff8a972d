import type { CheckpointReason } from "../core/checkpoint.js";
import type { ListedCheckpoint } from "../engine/checkpoint-history.js";
import { type LegendEntry, legendOf } from "./legend.js";
import { checkedList } from "./list-check.js";
import { type Markup, tag } from "./markup.js";
import { counted } from "./number-text.js";
import { picture, textAt } from "./theme.js";
import { drawnRails } from "./tree-rails.js";
import { drawnRow } from "./tree-row.js";
import { type TreeRow, treeRows } from "./tree-rows.js";
import { pinSign, REASON_TEXTS, reasonSign } from "./tree-signs.js";

const WIDTH = 960;
const MARGIN = 20;
const LINE = 26;
const LANE = 22;
const MOST_RUNS = 16;
const MOST_CHECKPOINTS = 200;

/**
 * The checkpoints of one or more runs, oldest first, a line for each: with names, reasons, pins, and where one run was forked from
 * another. At most 200 checkpoints of 16 runs are named; how many are left out is said. Throws `InvalidOptionError`.
 *
 * ```ts
 * checkpointTreeSvg([...(await history.list("run-1")), ...(await history.list("fork-1"))]);
 * ```
 */
export function checkpointTreeSvg(checkpoints: readonly ListedCheckpoint[]): string {
  const listed = checkedList(checkpoints, "the list of checkpoints", "what history.list(runId) resolves to");
  const runs = [...new Set(listed.map(({ runId }) => runId))];
  const shownRuns = new Set(runs.slice(0, MOST_RUNS));
  const shown = listed.filter(({ runId }) => shownRuns.has(runId));
  const rows = treeRows(shown, MOST_CHECKPOINTS);
  const place = (row: TreeRow, index: number) => ({ x: MARGIN + 8 + row.lane * LANE, y: MARGIN + LINE / 2 + index * LINE });
  const texts = MARGIN + 8 + shownRuns.size * LANE;
  const bottom = MARGIN + rows.length * LINE;
  const legend = legendOf(entriesOf(shown), MARGIN, bottom + 12, WIDTH - 2 * MARGIN);
  const note = noteOf(runs.length);
  return picture(
    WIDTH,
    bottom + 12 + legend.height + (note === null ? 0 : 20) + 8,
    "checkpoints",
    drawnRails(rows, place),
    rows.map((row, index) => drawnRow(row, place(row, index), texts, WIDTH - MARGIN)),
    legend.markup,
    note === null ? null : textAt(MARGIN, bottom + 24 + legend.height, note, "cf-s cf-m"),
  );
}

function noteOf(runs: number): string | null {
  if (runs === 0) return "There is no checkpoint.";
  return runs > MOST_RUNS ? `Not shown: ${counted(runs - MOST_RUNS, "more run")}.` : null;
}

function entriesOf(checkpoints: readonly ListedCheckpoint[]): readonly LegendEntry[] {
  const reasons = (Object.keys(REASON_TEXTS) as CheckpointReason[]).filter((reason) => checkpoints.some((one) => one.reason === reason));
  const pinned = checkpoints.some((one) => one.pinned);
  return [
    ...reasons.map((reason) => ({
      sign: (x: number, y: number): Markup => reasonSign(reason, x + 13, y + 7, 0),
      text: REASON_TEXTS[reason],
    })),
    ...(pinned ? [{ sign: (x: number, y: number): Markup => tag("g", {}, pinSign(x + 13, y + 7)), text: "pinned" }] : []),
  ];
}
