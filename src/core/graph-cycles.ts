/** What one walk over a graph finds out about its cycles. Nodes are numbers from 0. */
export interface Walk {
  /** For each node the place of the root it was first reached from, or -1 if it was not reached. */
  readonly regions: Int32Array;
  /** Whether an edge closes a cycle. */
  isBack(from: number, to: number): boolean;
}

/**
 * Walks depth first from each root in turn, edges in their order, so that the same graph always gives the same back
 * edges: those that lead to a node the walk is still inside of. Keeps its own stack; a chain may be of any length.
 */
export function walk(next: readonly (readonly number[])[], roots: readonly number[]): Walk {
  const regions = new Int32Array(next.length).fill(-1);
  const back = new Map<number, Set<number>>();
  const inside = new Uint8Array(next.length);
  const taken = new Int32Array(next.length);
  for (const [region, root] of roots.entries()) {
    const stack = regions[root] === -1 ? [root] : [];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      regions[node] = region;
      inside[node] = 1;
      const to = next[node]?.[taken[node]!++];
      if (to === undefined) {
        inside[node] = 0;
        stack.pop();
      } else if (regions[to] === -1) {
        stack.push(to);
      } else if (inside[to] === 1) {
        noteBack(back, node, to);
      }
    }
  }
  return { regions, isBack: (from, to) => back.get(from)?.has(to) ?? false };
}

function noteBack(back: Map<number, Set<number>>, from: number, to: number): void {
  const targets = back.get(from);
  if (targets === undefined) back.set(from, new Set([to]));
  else targets.add(to);
}
