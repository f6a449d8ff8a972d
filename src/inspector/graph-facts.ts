import type { CheckpointView } from "../core/checkpoint-view.js";
import type { GroupJSON } from "../core/graph-json.js";
import type { DrawnGraph } from "./graph-outsiders.js";
import { countText, durationText } from "./number-text.js";
import { type Standing, standingsOf } from "./task-state.js";
import type { Timeline } from "./timeline.js";

/** All there is to draw of one node. */
export interface NodeFacts {
  readonly id: string;
  readonly kind: "task" | "parallel" | "each";
  /** Whether a run may begin here. */
  readonly start: boolean;
  /** How several edges into it come together, or `null` if there are not several. */
  readonly join: "all" | "any" | null;
  readonly standing: Standing | null;
  /** Lines below its name. */
  readonly lines: readonly string[];
}

/** What there is to draw of each node of a graph, by its id. */
export function factsOf(
  { graph, outside }: DrawnGraph,
  run: CheckpointView | undefined,
  timeline: Timeline | undefined,
): ReadonlyMap<string, NodeFacts> {
  const standings: ReadonlyMap<string, Standing> = run === undefined ? new Map() : standingsOf(run);
  const timing = timeline === undefined ? new Map<string, string>() : timingOf(timeline);
  const incoming = new Map<string, number>();
  for (const { to, back } of graph.edges) if (!back) incoming.set(to, (incoming.get(to) ?? 0) + 1);
  const starts = new Set(graph.starts);
  const facts = (id: string, kind: NodeFacts["kind"], join: "all" | "any", notes: readonly string[]): NodeFacts => {
    const standing = standings.get(id) ?? null;
    const lines = [...notes, ...(standing?.notes ?? []), ...[timing.get(id) ?? []].flat()];
    return { id, kind, start: starts.has(id), join: (incoming.get(id) ?? 0) > 1 ? join : null, standing, lines };
  };
  return new Map([
    ...graph.groups.map((group) => [group.id, facts(group.id, group.kind, "all", group.id === outside ? [] : [groupText(group)])] as const),
    ...graph.nodes.map(({ id, join }) => [id, facts(id, "task", join, [])] as const),
  ]);
}

function groupText({ kind, policy, concurrency }: GroupJSON): string {
  return [kind, policy, ...(concurrency === null ? [] : [`${countText(concurrency)} at once`])].join(", ");
}

/** How long the attempts of each task took in all. */
function timingOf({ bars }: Timeline): Map<string, string> {
  const sums = new Map<string, { runs: number; ms: number }>();
  for (const { taskId, startMs, endMs } of bars) {
    const sum = sums.get(taskId) ?? { runs: 0, ms: 0 };
    sums.set(taskId, sum);
    if (endMs === null) continue;
    sum.runs++;
    sum.ms += endMs - startMs;
  }
  return new Map(
    Array.from(sums, ([id, { runs, ms }]) => [id, runs === 1 ? durationText(ms) : `${durationText(ms)} in ${countText(runs)} runs`]),
  );
}
