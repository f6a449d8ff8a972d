import { plainText } from "../core/render-labels.js";

/** Widths as parts of the font size, on the side of the wider fonts. */
const WIDTHS: readonly (readonly [pattern: RegExp, width: number])[] = [
  [/[ijltfrI.,:;'|!()[\]/ -]/, 0.42],
  [/[mwMW@%…×]/, 0.98],
  [/[A-Z]/, 0.74],
  [/[\x20-\x7e]/, 0.64],
  [/[\u00a0-\u024f]/, 0.7],
];
const WIDEST = 1.1;

/** About how wide a text is, in pixels, as nobody can measure it without fonts; rather too wide than too narrow. */
export function textWidth(text: string, fontSize: number): number {
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width * fontSize;
}

/** As much of a text as fits a width, with `…` in the place of its rest. */
export function shortened(text: string, maxWidth: number, fontSize: number): string {
  const plain = plainText(text);
  let width = 0;
  let fitting = "";
  for (const char of plain) {
    width += charWidth(char) * fontSize;
    if (width > maxWidth) return `${fitting.trimEnd()}…`;
    if (width <= maxWidth - fontSize) fitting += char;
  }
  return plain;
}

/** The first characters of a text, with `…` in the place of its rest. */
export function firstOf(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit).trimEnd()}…`;
}

const charWidth = (char: string): number => WIDTHS.find(([pattern]) => pattern.test(char))?.[1] ?? WIDEST;
