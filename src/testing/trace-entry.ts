import type { Settlement } from "../core/rehearsal.js";

/** What a body asked for, in the order of asking within each kind. */
export type TraceRequest =
  | { readonly kind: "next" | "goto"; readonly task: string; readonly id: string | null; readonly input: unknown }
  | { readonly kind: "iteration"; readonly input: unknown }
  | { readonly kind: "checkpoint"; readonly name: string | null }
  | { readonly kind: "terminate" | "cancel"; readonly message: string | null }
  | { readonly kind: "metric"; readonly name: string; readonly value: number }
  | { readonly kind: "artifact"; readonly path: string; readonly type: string | null; readonly description: string | null };

/** What a key of the channel held before a step and after it; `undefined` is nothing. */
export interface TraceChange {
  readonly before: unknown;
  readonly after: unknown;
}

/** One attempt at a task, and what came of it. */
export interface TraceEntry {
  /** From 1, in the order of the commits. */
  readonly index: number;
  /** Milliseconds of virtual time from the beginning of the scenario to the commit. */
  readonly at: number;
  /** The id of the task instance: its name, or the id it was queued with. */
  readonly task: string;
  /** The name of the task. */
  readonly name: string;
  readonly cycle: number;
  readonly attempt: number;
  /** `released`: the run ended under it, and it is kept for a resume. */
  readonly became: Settlement;
  readonly input: unknown;
  /** What the task gave; `undefined` unless it completed. */
  readonly output: unknown;
  /** What it failed with, or `null`. */
  readonly error: { readonly name: string; readonly code: string | null; readonly message: string } | null;
  /** What it changed in the channel, by key. */
  readonly changes: Readonly<Record<string, TraceChange>>;
  readonly requests: readonly TraceRequest[];
}
