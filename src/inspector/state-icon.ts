import { type Markup, tag } from "./markup.js";
import type { TaskState } from "./task-state.js";

export const ICON_SIZE = 10;

/** Lines in a square of ten by ten: states differ by shape, not only by colour. */
const PATHS: Record<TaskState, string> = {
  completed: "M1 5.5 4 8.5 9 2",
  running: "M2.5 1 8.5 5 2.5 9Z",
  waiting: "M3 1.5V8.5M7 1.5V8.5",
  pending: "M5 1.2A3.8 3.8 0 1 1 4.99 1.2Z",
  failed: "M1.5 1.5 8.5 8.5M8.5 1.5 1.5 8.5",
};

/** The sign of a state, its upper left corner at `x`, `y`. */
export const stateIcon = (state: TaskState, x: number, y: number): Markup =>
  tag("path", { class: `cf-${state} cf-icon`, transform: `translate(${Math.round(x)} ${Math.round(y)})`, d: PATHS[state] });
