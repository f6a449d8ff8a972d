import type { GroupPolicy } from "./group-policy.js";
import type { AnyTask } from "./task.js";
import type { TaskRef } from "./task-ref.js";

/** A graph as the engine walks it: checked, frozen, with every question answered that a step would ask. */
export interface GraphPlan {
  readonly name: string;
  readonly nodes: ReadonlyMap<string, PlanNode>;
  /** The nodes a run may start with, in the order they were added. A run starts exactly one. */
  readonly starts: readonly string[];
}

/** One node of a plan. */
export type PlanNode = TaskNode | ParallelNode | EachNode;

interface NodeBase {
  readonly id: string;
  /** The group this node is written in, or `null` at the top level. */
  readonly group: string | null;
  readonly next: readonly PlanEdge[];
  /**
   * The predecessors whose outputs a join waits for, in the order of the edges: those over forward edges, if there is more than one
   * and the node does not join `any`. `null`: the node runs on every token.
   */
  readonly joins: readonly string[] | null;
}

/** Leads to a node. A back edge closes a cycle and never waits. */
export interface PlanEdge {
  readonly to: PlanNode;
  readonly back: boolean;
}

export interface TaskNode extends NodeBase {
  readonly kind: "task";
  readonly task: AnyTask;
  /** How the task is written down; one object for all specs of it. */
  readonly ref: TaskRef;
}

/** Where a branch of a group begins and ends; `key` names its output in the group's record. */
export interface Branch {
  readonly key: string;
  readonly head: PlanNode;
  readonly last: string;
}

export interface ParallelNode extends NodeBase {
  readonly kind: "parallel";
  readonly branches: readonly Branch[];
  readonly policy: GroupPolicy;
  /** Members under way at once; `Infinity` without a limit. */
  readonly concurrency: number;
}

export interface EachNode extends NodeBase {
  readonly kind: "each";
  readonly branch: Branch;
  readonly policy: GroupPolicy;
  readonly concurrency: number;
}
