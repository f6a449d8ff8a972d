import { type Markup, tag } from "./markup.js";
import { textWidth } from "./text-size.js";
import { SMALL_SIZE, textAt } from "./theme.js";

/** One entry of a legend: a sign in a space of 26 by 14 pixels, and what it means. */
export interface LegendEntry {
  readonly sign: (x: number, y: number) => Markup;
  readonly text: string;
}

const LEGEND_LINE = 20;
const SIGN_WIDTH = 30;
const GAP = 18;

/** Entries one after the other, in as many lines as they take. */
export function legendOf(
  entries: readonly LegendEntry[],
  x: number,
  y: number,
  width: number,
): { readonly markup: Markup; readonly height: number } {
  let [left, line] = [0, 0];
  const parts = entries.flatMap(({ sign, text }) => {
    const taken = SIGN_WIDTH + textWidth(text, SMALL_SIZE) + GAP;
    if (left > 0 && left + taken > width) [left, line] = [0, line + 1];
    const [at, top] = [x + left, y + line * LEGEND_LINE];
    left += taken;
    return [sign(at, top), textAt(at + SIGN_WIDTH, top + 11, text, "cf-s cf-m")];
  });
  return { markup: tag("g", {}, parts), height: entries.length === 0 ? 0 : (line + 1) * LEGEND_LINE };
}
