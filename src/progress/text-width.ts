import { plainText } from "../core/render-labels.js";

const MARK = /^[\p{M}]$/u;
const EMOJI_STYLE = "\ufe0f";
const WIDE =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]$/u;
/** More of a text is never shown, whatever its width: marks that stand on one another have none. */
const LONGEST = 400;
const MORE = "…";

/** How many columns of a terminal a text takes: two for wide letters and pictures, none for marks on a letter. */
export function textWidth(text: string): number {
  let width = 0;
  for (const letter of text) width += letterWidth(letter);
  return width;
}

/** A text of one line and at most so many columns, without what a terminal could obey; `…` stands for what is left out. */
export function fitted(text: string, width: number): string {
  const plain = plainText(text.slice(0, LONGEST));
  if (textWidth(plain) <= width) return plain;
  let kept = "";
  let left = width - 1;
  for (const letter of plain) {
    left -= letterWidth(letter);
    if (left < 0) break;
    kept += letter;
  }
  return width < 1 ? "" : kept.trimEnd() + MORE;
}

/** A text that takes exactly so many columns. */
export function padded(text: string, width: number): string {
  const cut = fitted(text, width);
  return cut + " ".repeat(Math.max(0, width - textWidth(cut)));
}

function letterWidth(letter: string): number {
  // Terminals do not agree on the style: the larger width keeps a line from being wrapped.
  if (letter === EMOJI_STYLE) return 1;
  if (MARK.test(letter)) return 0;
  return WIDE.test(letter) || /^\p{Emoji_Presentation}$/u.test(letter) ? 2 : 1;
}
