import type { ProgressStream } from "../../src/progress/index.js";

const ESC = "\u001b";
/** What moves the cursor up or clears, or one letter. */
const PIECES = new RegExp(`${ESC}\\[(\\d*)([AKJ])|[\\s\\S]`, "gu");

/** A terminal that keeps what it shows. */
export class Screen implements ProgressStream {
  readonly isTTY: boolean = true;
  readonly written: string[] = [];
  readonly #lines: string[] = [""];
  #row = 0;
  #column = 0;

  constructor(
    readonly columns = 80,
    readonly rows = 24,
  ) {}

  write(text: string): boolean {
    this.written.push(text);
    for (const [piece, count, end] of text.matchAll(PIECES)) {
      if (end === "A") this.#row = Math.max(0, this.#row - Number(count));
      else if (end === "K") this.#lines[this.#row] = (this.#lines[this.#row] ?? "").slice(0, this.#column);
      else if (end === "J") this.#lines.splice(this.#row + 1, Number.POSITIVE_INFINITY);
      else if (piece === "\r") this.#column = 0;
      else if (piece === "\n") this.#newLine();
      else this.#put(piece);
    }
    return true;
  }

  /** The lines that a person sees. */
  get shown(): string[] {
    return this.#lines.join("\n").trimEnd().split("\n");
  }

  get cursor(): { readonly row: number; readonly column: number } {
    return { row: this.#row, column: this.#column };
  }

  #newLine(): void {
    this.#row++;
    this.#column = 0;
    this.#lines[this.#row] ??= "";
  }

  #put(letter: string): void {
    if (this.#column >= this.columns) this.#newLine();
    const line = (this.#lines[this.#row] ?? "").padEnd(this.#column);
    this.#lines[this.#row] = line.slice(0, this.#column) + letter + line.slice(this.#column + letter.length);
    this.#column += letter.length;
  }
}
