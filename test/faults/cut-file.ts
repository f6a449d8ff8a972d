import { below } from "./seeded.js";

/** How much is left of what was written to a file but not synced. */
export type ContentChoice = "all" | "none" | "torn" | "zeros" | "any";

/** The content of a file after a cut. */
export interface LeftContent {
  readonly bytes: Uint8Array;
  readonly isTorn: boolean;
  /** What became of what was not safe; empty if all was. */
  readonly fate: string;
}

/** A file with all that was written to it. */
export class CutFile {
  readonly kind = "file";
  readonly #writes: { readonly bytes: Uint8Array; readonly ended: number }[] = [];
  #safe = 0;

  write(bytes: Uint8Array, ended: number): void {
    this.#writes.push({ bytes, ended });
  }

  /** Makes safe what was written before a sync began. */
  sync(began: number): void {
    while ((this.#writes[this.#safe]?.ended ?? began) < began) this.#safe++;
  }

  left(choice: ContentChoice, random: () => number): LeftContent {
    const [safe, rest] = [joined(this.#writes.slice(0, this.#safe)), joined(this.#writes.slice(this.#safe))];
    if (rest.length === 0) return { bytes: safe, isTorn: false, fate: "" };
    const chosen = choice === "any" ? (["all", "none", "torn", "zeros"] as const)[below(random, 4)] : choice;
    if (chosen === "all") return { bytes: Buffer.concat([safe, rest]), isTorn: false, fate: "all" };
    if (chosen === "none") return { bytes: safe, isTorn: false, fate: "none" };
    const length = below(random, rest.length);
    // The length of a file may be on disk before what was written is.
    const zeros = Buffer.alloc(chosen === "zeros" ? rest.length - length : 0);
    return { bytes: Buffer.concat([safe, rest.subarray(0, length), zeros]), isTorn: true, fate: `${chosen} ${length}` };
  }
}

const joined = (writes: readonly { readonly bytes: Uint8Array }[]): Buffer => Buffer.concat(writes.map(({ bytes }) => bytes));
