import { SingleBar } from "cli-progress";
import Table from "cli-table3";
import color from "picocolors";
import type { EpochReport } from "./training.js";

const BLOCKS = "▁▂▃▄▅▆▇█";
const BAR_WIDTH = 26;

/** Shows how far work has come. */
export interface Progress {
  at(epoch: number, note: string): void;
  end(): void;
}

/** A bar that moves where someone watches, a line for every tenth epoch where the output goes into a file. */
export function progressOf(epochs: number): Progress {
  return process.stdout.isTTY ? bar(epochs) : lines(epochs);
}

function bar(epochs: number): Progress {
  const shown = new SingleBar({
    format: `   ${color.cyan("{bar}")} epoch {value}/{total} {note}`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: BAR_WIDTH,
    hideCursor: true,
    stream: process.stdout,
  });
  shown.start(epochs, 0, { note: "" });
  return { at: (epoch, note) => shown.update(epoch, { note }), end: () => shown.stop() };
}

function lines(epochs: number): Progress {
  return {
    at(epoch, note) {
      if (epoch % 10 === 0) console.log(`   epoch ${epoch}/${epochs} ${note}`);
    },
    end() {},
  };
}

/** Numbers as a line of blocks, the highest number as the highest block. */
export function sparkline(values: readonly number[]): string {
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  return values.map((value) => BLOCKS[Math.round(((value - low) / span) * (BLOCKS.length - 1))]).join("");
}

/** Rows under a head, as a table with thin lines. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[], numbersFrom = 1): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, at) => (at < numbersFrom ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  return indented(table.toString());
}

/** Every tenth epoch, the first and the last one. */
export function epochTable(history: readonly EpochReport[]): string {
  const chosen = history.filter(({ epoch }) => epoch === 1 || epoch % 10 === 0 || epoch === history.length);
  const rows = chosen.map(({ epoch, loss, valLoss, accuracy }) => [
    String(epoch),
    loss.toFixed(4),
    valLoss.toFixed(4),
    `${(100 * accuracy).toFixed(1)} %`,
  ]);
  return tableOf(["epoch", "loss", "val loss", "accuracy"], rows, 0);
}

export const indented = (text: string): string => text.trimEnd().replace(/^/gm, "   ");
