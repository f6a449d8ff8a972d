import type { TraceEntry } from "./trace-entry.js";
import { formatTrace } from "./trace-text.js";

/** What happened so far, attempt by attempt. `String(trace)` is `formatTrace(trace)`. */
export class Trace extends Array<TraceEntry> {
  /** What `map` and `filter` give is no trace. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  override toString(): string {
    return formatTrace(this);
  }
}
