import type { Box, Size } from "./boxes.js";
import type { NodeFacts } from "./graph-facts.js";
import { type Markup, tag } from "./markup.js";
import { ICON_SIZE, stateIcon } from "./state-icon.js";
import { shortened, textWidth } from "./text-size.js";
import { FONT_SIZE, SMALL_SIZE, textAt } from "./theme.js";

const MAX_TEXT = 220;
const MIN_WIDTH = 72;
const PADDING_X = 14;
const PADDING_Y = 9;
const LINE = 15;
const NAME_LINE = 17;

/** How large a task, or the head of a group, is drawn. */
export function nodeSize({ id, lines, standing }: NodeFacts): Size {
  const icon = standing === null ? 0 : ICON_SIZE + 6;
  const widths = [textWidth(id, FONT_SIZE) * 1.06 + icon, ...lines.map((line) => textWidth(line, SMALL_SIZE))];
  const width = widths.reduce((most, each) => Math.max(most, Math.min(each, MAX_TEXT)), MIN_WIDTH - 2 * PADDING_X);
  return { width: width + 2 * PADDING_X, height: 2 * PADDING_Y + NAME_LINE + lines.length * LINE - 2 };
}

/** A task: its name, how it stands, and what it is to others. Starts have round ends; a join has a bar on its upper side. */
export function drawnTask(facts: NodeFacts, box: Box): Markup {
  const radius = facts.start ? Math.min(box.height / 2, 22) : 5;
  const { x, y, width, height } = box;
  return tag(
    "g",
    {},
    tag("title", {}, titleOf(facts)),
    tag("rect", { class: `cf-${facts.standing?.state ?? "box"}`, x, y, width, height, rx: radius }),
    facts.join === null ? null : joinSign(facts.join, x + width / 2, y),
    drawnTexts(facts, x + width / 2, y, width),
  );
}

/** The frame of a group with its head. */
export function drawnGroup(facts: NodeFacts, box: Box, depth: number): Markup {
  const { x, y, width, height } = box;
  return tag(
    "g",
    {},
    tag("title", {}, titleOf(facts)),
    tag("rect", { class: depth % 2 === 0 ? "cf-group" : "cf-group cf-deep", x, y, width, height, rx: 8 }),
    facts.join === null ? null : joinSign(facts.join, x + width / 2, y),
    drawnTexts(facts, x + width / 2, y, width),
  );
}

function drawnTexts({ id, lines, standing }: NodeFacts, middle: number, y: number, width: number): Markup[] {
  const room = width - 2 * PADDING_X + 4;
  const icon = standing === null ? 0 : ICON_SIZE + 6;
  const name = shortened(id, room - icon, FONT_SIZE * 1.06);
  const baseline = y + PADDING_Y + 12;
  const left = middle - (textWidth(name, FONT_SIZE) + icon) / 2;
  return [
    ...(standing === null ? [] : [stateIcon(standing.state, left, baseline - ICON_SIZE)]),
    textAt(middle + icon / 2, baseline, name, "cf-b cf-mid"),
    ...lines.map((line, index) =>
      textAt(middle, baseline + NAME_LINE + index * LINE - 1, shortened(line, room, SMALL_SIZE), "cf-s cf-m cf-mid"),
    ),
  ];
}

/** A bar: all edges are waited for. A diamond: any of them. */
export function joinSign(join: "all" | "any", x: number, y: number): Markup {
  if (join === "all") return tag("rect", { class: "cf-mark", x: x - 12, y: y - 2.5, width: 24, height: 5, rx: 2 });
  return tag("path", { class: "cf-mark", d: `M${x} ${y - 6}L${x + 6} ${y}L${x} ${y + 6}L${x - 6} ${y}Z` });
}

function titleOf({ id, kind, start, join, lines, standing }: NodeFacts): string {
  const facts = [
    kind === "task" ? `task ${id}` : `group ${id}`,
    ...(start ? ["a run may start here"] : []),
    ...(join === null ? [] : [join === "all" ? "waits for all edges into it" : "runs for each edge into it"]),
    ...lines,
    ...(standing?.errors ?? []),
  ];
  return facts.join("; ");
}
