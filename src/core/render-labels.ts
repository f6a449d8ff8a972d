import type { EachNode, ParallelNode } from "./graph-plan.js";
import { policyToJSON } from "./group-policy.js";

/** What a run has done so far, by node id. An id in a list more than once is counted. */
export interface RenderedRun {
  readonly completed: ReadonlyMap<string, number>;
  readonly pending: Iterable<string>;
  readonly running: Iterable<string>;
  readonly failed: Iterable<string>;
}

export interface RenderOptions {
  readonly run?: RenderedRun | undefined;
}

/** How a node stands in a run; the most urgent of several. */
export type NodeState = "failed" | "running" | "pending" | "completed";
export const NODE_STATES: readonly NodeState[] = ["failed", "running", "pending", "completed"];

/** The state of a node, and all there is to say about it: `completed 3`, `running`. */
export interface NodeMark {
  readonly state: NodeState;
  readonly notes: readonly string[];
}

/** Gives the mark of a node, or `null` if the run has not come to it. */
export function marksOf(run: RenderedRun | undefined): (id: string) => NodeMark | null {
  if (run === undefined) return () => null;
  const counts: Record<NodeState, ReadonlyMap<string, number>> = {
    failed: counted(run.failed),
    running: counted(run.running),
    pending: counted(run.pending),
    completed: run.completed,
  };
  return (id) => {
    const states = NODE_STATES.filter((state) => (counts[state].get(id) ?? 0) > 0);
    const notes = states.map((state) => (counts[state].get(id) === 1 ? state : `${state} ${counts[state].get(id)}`));
    return states[0] === undefined ? null : { state: states[0], notes };
  };
}

function counted(ids: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

/** What there is to say about a group: its kind, its policy, its limit. */
export function groupNotes(node: ParallelNode | EachNode): string[] {
  const limit = Number.isFinite(node.concurrency) ? [`${node.concurrency} at once`] : [];
  return [node.kind, policyToJSON(node.policy), ...limit];
}

/** A text without what a terminal or a page could obey: control and direction characters become spaces. */
export const plainText = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, " ");

/** A name with notes in brackets, if there are any. */
export const withNotes = (name: string, notes: readonly string[]): string => (notes.length === 0 ? name : `${name} (${notes.join(", ")})`);
