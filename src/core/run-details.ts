import type { GraphJSON } from "./graph-json.js";
import type { RunState, Scope } from "./run-state.js";
import type { TaskOrigin } from "./task-origin.js";
import { type ScopeKey, specIdOf, type TaskSpec } from "./task-spec.js";

/** What a checkpoint knows of why its run stands where it does: what `explain` reads. */
export interface RunDetails {
  /** The node it was started at. */
  readonly start: string;
  readonly message: string | null;
  readonly error: ErrorDetails | null;
  readonly graph: Pick<GraphJSON, "nodes" | "groups" | "edges">;
  /** `concurrency` is `null` without a limit. */
  readonly limits: { readonly defaultMaxCycles: number; readonly concurrency: number | null };
  /** By the id of the spec. */
  readonly tasks: ReadonlyMap<string, TaskDetails>;
  readonly groups: readonly GroupDetails[];
  /** Joins that have some of their inputs. */
  readonly joins: readonly JoinDetails[];
}

/** An error without what it was caused by. */
export interface ErrorDetails {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
}

/** Where a task comes from, and its budget. */
export interface TaskDetails {
  /** The node of the graph it visits, or `null` for a dynamic task. */
  readonly node: string | null;
  readonly failures: number;
  readonly maxRetries: number;
  readonly member: ScopeKey | null;
  readonly origin: TaskOrigin | null;
  readonly lineage: string | null;
  readonly isStart: boolean;
  readonly lastError: ErrorDetails | null;
  /** The keys of an input that a join has put together. */
  readonly inputs: readonly string[];
}

/** A group under way, or one that has failed. */
export interface GroupDetails {
  readonly serial: number;
  readonly node: string;
  readonly member: ScopeKey | null;
  readonly cycle: number;
  readonly origin: TaskOrigin | null;
  readonly total: number;
  readonly failures: number;
  readonly status: "running" | "failed";
  /** How each member stands that was started, in order. */
  readonly members: readonly ("running" | "succeeded" | "failed")[];
  /** Failed tasks that wait for room to be tried again. */
  readonly held: readonly string[];
}

/** A join that waits: the predecessors whose outputs are there. */
export interface JoinDetails {
  readonly node: string;
  readonly member: ScopeKey | null;
  readonly present: readonly string[];
}

/** Gathers the details of a state. */
export function runDetails(state: RunState, graph: RunDetails["graph"], limits: RunDetails["limits"]): RunDetails {
  const specs = [...state.pending(), ...state.failed.values()];
  return {
    start: state.start,
    message: state.message,
    error: shortError(state.error),
    graph,
    limits,
    tasks: new Map(specs.map((spec) => [specIdOf(spec), taskDetails(spec)])),
    groups: groupDetails(state),
    joins: [
      ...joinsIn(state.root, null),
      ...[...state.groups.values()].flatMap(({ serial, members }) =>
        members.flatMap((scope, member) => joinsIn(scope, { group: serial, member })),
      ),
    ],
  };
}

function taskDetails({ node, failures, maxRetries, scope, origin, lineage, parent, lastError, input }: TaskSpec): TaskDetails {
  return {
    node,
    failures,
    maxRetries,
    member: scope,
    origin,
    lineage,
    isStart: parent === null && origin === null && scope === null,
    lastError: shortError(lastError),
    inputs: origin?.via === "join" ? Object.keys(Object(input.read())) : [],
  };
}

const groupDetails = (state: RunState): GroupDetails[] =>
  Array.from(state.groups.values(), ({ serial, node, scope, cycle, origin, total, failures, status, members, held }) => ({
    serial,
    node,
    member: scope,
    cycle,
    origin,
    total,
    failures,
    status,
    members: members.map((member) => member.status),
    held: held.map((failed) => specIdOf({ serial: failed })),
  }));

const joinsIn = ({ joins }: Scope, member: ScopeKey | null): JoinDetails[] =>
  Array.from(joins ?? [], ([node, tokens]) => ({ node, member, present: [...tokens.keys()] }));

const shortError = (error: ErrorDetails | null): ErrorDetails | null =>
  error && { name: error.name, message: error.message, code: error.code };
