import type { CheckpointReason } from "../core/checkpoint.js";
import { type Markup, tag } from "./markup.js";

/** Reasons differ by shape: lines in a square of twelve by twelve around 0, 0. */
const PATHS: Record<CheckpointReason, string> = {
  requested: "M0-5A5 5 0 1 1-.01-5Z",
  auto: "M0-6 6 0 0 6-6 0Z",
  periodic: "M-4.5-4.5H4.5V4.5H-4.5Z",
  error: "M-5-5 5 5M5-5-5 5",
  signal: "M0-5.5 5.5 4.5H-5.5Z",
};

export const REASON_TEXTS: Record<CheckpointReason, string> = {
  requested: "asked for",
  auto: "taken by itself",
  periodic: "periodic",
  error: "on failure",
  signal: "when stopped",
};

export const reasonSign = (reason: CheckpointReason, x: number, y: number, lane: number): Markup =>
  tag("path", { class: `cf-point ${laneClass(lane)}`, transform: `translate(${x} ${y})`, d: PATHS[reason] });

/** A pin: a head and its needle. */
export const pinSign = (x: number, y: number): Markup =>
  tag("path", { class: "cf-mark", transform: `translate(${Math.round(x)} ${Math.round(y)})`, d: "M-3-6H3L2-1 4 1H.7L0 7-.7 1H-4L-2-1Z" });

export const laneClass = (lane: number): string => `cf-lane${lane % 4}`;
