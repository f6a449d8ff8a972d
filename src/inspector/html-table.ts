import { type Child, type Markup, tag } from "./markup.js";
import { counted } from "./number-text.js";
import { firstOf } from "./text-size.js";

const MOST_ROWS = 500;
const TEXT_LIMIT = 300;

/** A table; numbers stand to the right, texts are shortened. At most 500 rows are written; how many are left out is said. */
export function htmlTable(head: readonly string[], rows: readonly (readonly (Child | number)[])[]): Markup {
  const left = rows.length - MOST_ROWS;
  const table = tag(
    "table",
    {},
    tag(
      "thead",
      {},
      tag(
        "tr",
        {},
        head.map((name) => tag("th", { scope: "col" }, name)),
      ),
    ),
    tag(
      "tbody",
      {},
      rows.slice(0, MOST_ROWS).map((cells) => tag("tr", {}, cells.map(cell))),
    ),
  );
  const note = left > 0 ? tag("p", { class: "note" }, `Not shown: ${counted(left, "more row")}.`) : null;
  return tag("div", { class: "scroll", tabindex: 0 }, table, note);
}

const cell = (content: Child): Markup =>
  tag("td", { class: typeof content === "number" ? "number" : null }, typeof content === "string" ? firstOf(content, TEXT_LIMIT) : content);
