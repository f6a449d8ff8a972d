/** A block of code of a page. */
export interface Block {
  /** The number of its first line. */
  readonly line: number;
  /** From the first line of the page on; blank, or missing, where the block is not. */
  readonly lines: readonly (string | undefined)[];
  readonly runs: boolean;
}
export function blocksOf(markdown: string): Block[];
export function pagesOf(root: string): string[];
