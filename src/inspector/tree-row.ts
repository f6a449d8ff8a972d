import type { ForkOrigin } from "../core/checkpoint.js";
import type { ListedCheckpoint } from "../engine/checkpoint-history.js";
import type { Point } from "./boxes.js";
import { type Markup, tag } from "./markup.js";
import { bytesText, counted, momentText } from "./number-text.js";
import { shortened, textWidth } from "./text-size.js";
import { FONT_SIZE, SMALL_SIZE, textAt } from "./theme.js";
import type { TreeRow } from "./tree-rows.js";
import { pinSign, REASON_TEXTS, reasonSign } from "./tree-signs.js";

const NAME_ROOM = 300;

/** The sign of a line in its lane, and its texts from `left` to `right`. */
export function drawnRow(row: TreeRow, { x, y }: Point, left: number, right: number): Markup {
  if (row.kind === "checkpoint") return drawnCheckpoint(row.checkpoint, { x, y }, row.lane, left, right);
  const text = row.kind === "gap" ? `${counted(row.count, "checkpoint")} not shown` : runText(row.runId, row.origin);
  const classes = row.kind === "gap" ? "cf-s cf-m" : "cf-b";
  const shown = shortened(text, right - left, row.kind === "gap" ? SMALL_SIZE : FONT_SIZE * 1.06);
  return tag("g", {}, tag("title", {}, text), textAt(left, y + 4, shown, classes));
}

function runText(runId: string, origin: ForkOrigin | null): string {
  return origin === null ? `run ${runId}` : `run ${runId}, forked from ${origin.runId} at ${origin.checkpointId}`;
}

function drawnCheckpoint(checkpoint: ListedCheckpoint, { x, y }: Point, lane: number, left: number, right: number): Markup {
  const { seq, name, reason, pinned } = checkpoint;
  const head = shortened(`${seq}${name === null ? "" : ` ${name}`}`, NAME_ROOM, FONT_SIZE);
  const pinRoom = pinned ? 18 : 0;
  const begin = left + textWidth(head, FONT_SIZE) + 12 + pinRoom;
  return tag(
    "g",
    {},
    tag("title", {}, `checkpoint ${checkpoint.id}, ${factsText(checkpoint)}`),
    reasonSign(reason, x, y, lane),
    textAt(left, y + 4, head),
    pinned ? pinSign(begin - 14, y) : null,
    textAt(begin, y + 4, shortened(factsText(checkpoint), right - begin, SMALL_SIZE), "cf-s cf-m"),
  );
}

function factsText({ reason, taskId, cycle, steps, createdAt, bytes, pinned }: ListedCheckpoint): string {
  const task = taskId === null ? "" : ` by ${taskId}${cycle === null ? "" : `, cycle ${cycle}`}`;
  return [
    `${REASON_TEXTS[reason]}${task}`,
    counted(steps, "step"),
    momentText(createdAt),
    bytesText(bytes),
    ...(pinned ? ["pinned"] : []),
  ].join(" · ");
}
