import type { EpochReport, Training } from "./training.js";

/** What the process tells the one that started it. */
export type Report =
  | { readonly kind: "batch"; readonly epoch: number; readonly done: number; readonly total: number }
  | { readonly kind: "epoch"; readonly epoch: number; readonly metrics: Readonly<Record<string, number>> }
  | { readonly kind: "checkpoint"; readonly id: string; readonly epoch: number }
  | { readonly kind: "resumed"; readonly from: string; readonly steps: number }
  | { readonly kind: "ended"; readonly output: Training; readonly history: readonly EpochReport[]; readonly steps: number };

/** The run that the process works on. */
export const RUN_ID = "iris";
/** What its chance is derived from. */
export const SEED = 1936;
