import type { ForkOrigin } from "../core/checkpoint.js";
import type { ListedCheckpoint } from "../engine/checkpoint-history.js";

/** One line of a tree of checkpoints. `lane` is the place of its run. */
export type TreeRow =
  | { readonly kind: "run"; readonly lane: number; readonly runId: string; readonly origin: ForkOrigin | null }
  | { readonly kind: "checkpoint"; readonly lane: number; readonly checkpoint: ListedCheckpoint }
  | { readonly kind: "gap"; readonly lane: number; readonly count: number };

/** Checkpoints of one or more runs in lines, the oldest first, none before the one it was forked from. At most `most` checkpoints are named. */
export function treeRows(checkpoints: readonly ListedCheckpoint[], most: number): readonly TreeRow[] {
  const runs = byRun(checkpoints);
  const kept = mostTelling(checkpoints, runs, most);
  const lanes = new Map(Array.from(runs.keys(), (runId, lane) => [runId, lane]));
  const rows: TreeRow[] = [];
  const gaps = new Map<string, number>();
  for (const checkpoint of inOrder(runs)) {
    const { runId, forkedFrom: origin } = checkpoint;
    const lane = lanes.get(runId) as number;
    if (checkpoint === runs.get(runId)?.[0]) rows.push({ kind: "run", lane, runId, origin });
    const gap = gaps.get(runId) ?? 0;
    if (!kept.has(checkpoint)) {
      gaps.set(runId, gap + 1);
      continue;
    }
    if (gap > 0) rows.push({ kind: "gap", lane, count: gap });
    gaps.delete(runId);
    rows.push({ kind: "checkpoint", lane, checkpoint });
  }
  return rows;
}

type Runs = ReadonlyMap<string, readonly ListedCheckpoint[]>;

function byRun(checkpoints: readonly ListedCheckpoint[]): Runs {
  const runs = new Map<string, ListedCheckpoint[]>();
  for (const checkpoint of [...checkpoints].sort((a, b) => a.seq - b.seq)) {
    const known = runs.get(checkpoint.runId);
    if (known === undefined) runs.set(checkpoint.runId, [checkpoint]);
    else known.push(checkpoint);
  }
  return new Map([...runs].sort(([, [a]], [, [b]]) => (isBefore(a as ListedCheckpoint, b as ListedCheckpoint) ? -1 : 1)));
}

const isBefore = (a: ListedCheckpoint, b: ListedCheckpoint): boolean =>
  a.createdAt === b.createdAt ? a.runId < b.runId : a.createdAt < b.createdAt;

/** By the clock; but clocks of several machines may differ, so a fork waits for its origin all the same. */
function* inOrder(runs: Runs): IterableIterator<ListedCheckpoint> {
  const left = Array.from(runs.values(), (checkpoints) => ({ checkpoints, next: 0 }));
  const listed = new Set(Array.from(runs.values()).flatMap((all) => all.map(({ id }) => id)));
  const placed = new Set<string>();
  while (left.length > 0) {
    const ready = left.filter(({ checkpoints, next }) => {
      const origin = checkpoints[next]?.forkedFrom?.checkpointId;
      return origin === undefined || !listed.has(origin) || placed.has(origin);
    });
    // Stored data may say that two runs were forked from each other.
    const run = (ready.length > 0 ? ready : left).reduce((a, b) => (isBefore(headOf(b), headOf(a)) ? b : a));
    const checkpoint = headOf(run);
    placed.add(checkpoint.id);
    yield checkpoint;
    if (++run.next === run.checkpoints.length) left.splice(left.indexOf(run), 1);
  }
}

const headOf = ({ checkpoints, next }: { readonly checkpoints: readonly ListedCheckpoint[]; readonly next: number }): ListedCheckpoint =>
  checkpoints[next] as ListedCheckpoint;

/** First and last of each run, origins of forks, then pinned, named and new ones, as many as there is room for. */
function mostTelling(checkpoints: readonly ListedCheckpoint[], runs: Runs, most: number): ReadonlySet<ListedCheckpoint> {
  if (checkpoints.length <= most) return new Set(checkpoints);
  const origins = new Set(checkpoints.map(({ forkedFrom }) => forkedFrom?.checkpointId));
  const newestFirst = [...checkpoints].sort((a, b) => (isBefore(a, b) ? 1 : -1));
  const ranked = [
    ...[...runs.values()].flatMap((all) => [all[0], all.at(-1)]),
    ...newestFirst.filter(({ id }) => origins.has(id)),
    ...newestFirst.filter(({ pinned }) => pinned),
    ...newestFirst.filter(({ name }) => name !== null),
    ...newestFirst,
  ];
  const kept = new Set<ListedCheckpoint>();
  for (const checkpoint of ranked) {
    if (kept.size >= most) break;
    if (checkpoint !== undefined) kept.add(checkpoint);
  }
  return kept;
}
