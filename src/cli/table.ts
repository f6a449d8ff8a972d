import { fitted, padded, textWidth } from "../progress/text-width.js";
import type { Colors, Terminal } from "./terminal.js";

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string;
  readonly align?: "right";
  /** Whether it keeps its width where others are shortened: for ids, which are of no use in part. */
  readonly whole?: boolean;
  /** Whether it is left out where there is no room for it; the last ones first. */
  readonly minor?: boolean;
  readonly paint?: (row: Row, colors: Colors) => (text: string) => string;
}

/** No cell is wider, however wide the terminal. */
const WIDEST = 300;
const NARROWEST = 5;
const READABLE = 10;
const GAP = "  ";

/** Rows as lines, no wider than the terminal: minor columns are left out, wide cells shortened; `…` stands for what is left out of them. */
export function tableText<Row>(rows: readonly Row[], all: readonly Column<Row>[], { columns: room, colors }: Terminal): string {
  const columns = withRoom(rows, all, room);
  const cells = rows.map((row) => columns.map((column) => column.of(row).slice(0, 2 * WIDEST)));
  const widths = fittingWidths(
    columns.map(({ title, whole = false }, at) => ({
      width: Math.min(WIDEST, widest([title, ...cells.map((line) => line[at] as string)])),
      whole,
    })),
    room,
  );
  const head = columns.map(({ title, align }, at) => colors.bold(cellText(title, widths[at] as number, align)));
  const lines = rows.map((row, index) =>
    columns.map((column, at) => {
      const text = cellText((cells[index] as string[])[at] as string, widths[at] as number, column.align);
      return column.paint === undefined ? text : column.paint(row, colors)(text);
    }),
  );
  return [head, ...lines].map((line) => `${line.join(GAP).trimEnd()}\n`).join("");
}

/** Facts as lines: a name and a value each. */
export function factsText(facts: readonly (readonly [name: string, value: string])[], { columns, colors }: Terminal): string {
  const width = widest(facts.map(([name]) => name));
  const room = Math.min(WIDEST, columns - width - GAP.length);
  return facts.map(([name, value]) => `${colors.bold(padded(name, width))}${GAP}${fitted(value, room)}`.trimEnd().concat("\n")).join("");
}

/** As many columns as there is room for if the others are made as narrow as one can still read. */
function withRoom<Row>(rows: readonly Row[], columns: readonly Column<Row>[], room: number): readonly Column<Row>[] {
  const least = ({ title, of, whole }: Column<Row>): number => {
    const width = widest([title, ...rows.map((row) => of(row).slice(0, WIDEST))]);
    return whole ? width : Math.min(width, READABLE);
  };
  const kept = [...columns];
  let over = kept.reduce((sum, column) => sum + least(column) + GAP.length, -GAP.length) - room;
  for (const column of columns.filter(({ minor }) => minor).reverse()) {
    if (over <= 0) break;
    kept.splice(kept.indexOf(column), 1);
    over -= least(column) + GAP.length;
  }
  return kept;
}

const widest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, textWidth(text)), 0);

function cellText(text: string, width: number, align: "right" | undefined): string {
  if (align === undefined) return padded(text, width);
  const cut = fitted(text, width);
  return " ".repeat(width - textWidth(cut)) + cut;
}

/** Takes from the widest columns until all fit, from those that must be whole only when the others are as narrow as can be. */
function fittingWidths(columns: readonly { readonly width: number; readonly whole: boolean }[], room: number): readonly number[] {
  const widths = columns.map(({ width }) => width);
  let over = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) - room;
  for (const isTurn of [(at: number) => !columns[at]?.whole, () => true]) {
    while (over > 0) {
      const at = widestOf(widths, isTurn);
      if (at === -1) break;
      widths[at]! -= 1;
      over -= 1;
    }
  }
  return widths;
}

function widestOf(widths: readonly number[], isTurn: (at: number) => boolean): number {
  let found = -1;
  for (const [at, width] of widths.entries()) {
    if (width > NARROWEST && isTurn(at) && (found === -1 || width > (widths[found] as number))) found = at;
  }
  return found;
}
