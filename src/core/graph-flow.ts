import { DefinitionError } from "./errors.js";
import { checkedId, isId, quoted } from "./ids.js";
import type { AnyFlow, AnyTask, ChainFlow, EachFlow, FlowPart, ParallelFlow } from "./task.js";

/** What becomes one node of a graph. */
export type NodePart = AnyTask | ParallelFlow | EachFlow;

/** The parts of a flow that become nodes one after the other; chains in chains are laid out flat, however deep. */
export function partsOf(flow: AnyFlow): readonly NodePart[] {
  const found: NodePart[] = [];
  const rest: FlowPart[] = [checkedPart(flow)];
  for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
    if (part.kind !== "chain") found.push(part);
    else for (let at = checkedChain(part).length - 1; at >= 0; at--) rest.push(checkedPart(part.parts[at]));
  }
  return found;
}

/** What a flow begins with: its first task, or a group. */
export const headOf = (flow: AnyFlow): NodePart => outermost(flow, 0);

/** What a flow ends with; its id is the key of a branch, and names the result of the flow. */
export const endOf = (flow: AnyFlow): NodePart => outermost(flow, -1);

/** The id of the node a flow ends with. */
export const endId = (flow: AnyFlow): string => partId(endOf(flow));

/** The id of a node: the name of a task, or the name of a group, given or derived from its members. */
export function partId(part: NodePart): string {
  if (part.kind === "task") return checkedId(part.name, "task name");
  if (part.settings.name !== null) return checkedId(part.settings.name, "group name");
  const derived = `${part.kind}-${endId(firstBranch(part))}`;
  if (isId(derived)) return derived;
  throw new DefinitionError(
    `a group got the id ${quoted(derived)} from its first branch, which is not a valid id (at most 128 characters): give the group a \`name\`.`,
  );
}

/** The branches of a group as they were written. */
export function branchesOf(group: ParallelFlow | EachFlow): readonly AnyFlow[] {
  if (group.kind === "each") return [group.branch];
  if (group.branches.length > 0) return group.branches;
  throw new DefinitionError("parallel([]) has no branches: expected at least one task or flow; add one, or leave the group out.");
}

const firstBranch = (group: ParallelFlow | EachFlow): AnyFlow => branchesOf(group)[0] as AnyFlow;

function outermost(flow: AnyFlow, place: 0 | -1): NodePart {
  let part = checkedPart(flow);
  while (part.kind === "chain") part = checkedPart(checkedChain(part).at(place));
  return part;
}

function checkedChain(chain: ChainFlow): readonly AnyFlow[] {
  if (chain.parts.length > 0) return chain.parts;
  throw new DefinitionError("chain() has no parts: expected at least one task or flow; add one, or leave the chain out.");
}

function checkedPart(flow: unknown): FlowPart {
  const kind = typeof flow === "object" && flow !== null ? (flow as { kind?: unknown }).kind : undefined;
  if (kind === "task" || kind === "chain" || kind === "parallel" || kind === "each") return flow as FlowPart;
  throw new DefinitionError(
    `found ${quoted(flow)} where a graph expects a task or a flow: pass what task(), chain(), parallel() or each() returned.`,
  );
}
