import type { Colors } from "./terminal.js";

/** The colour of a word that says how something stands. */
export function painted(word: string, colors: Colors): (text: string) => string {
  if (["failed", "cancelled", "damaged", "refused", "stuck"].includes(word)) return colors.red;
  if (["completed", "terminated", "done", "fits"].includes(word)) return colors.green;
  if (["running", "claimed"].includes(word)) return colors.cyan;
  return ["interrupted", "paused", "pending"].includes(word) ? colors.yellow : (text) => text;
}
