import { IncompatibleCheckpointError } from "./errors.js";
import type { GraphJSON } from "./graph-json.js";
import { quoted } from "./ids.js";
import type { TaskRef } from "./task-ref.js";
import type { WorkflowDefinition } from "./workflow-definition.js";

/** One reason why a checkpoint does not fit the code of today, and what to do about it. */
export interface PreflightProblem {
  readonly kind: "workflow" | "version" | "missing" | "moved" | "changed" | "migration";
  readonly message: string;
  readonly fix: string;
}

/** What a checkpoint says of the code that wrote it. */
export interface SavedCode {
  readonly workflow: { readonly name: string; readonly version: number };
  readonly graph: Pick<GraphJSON, "nodes" | "groups" | "edges">;
  /** References of tasks that are pending, running or failed. */
  readonly refs: readonly TaskRef[];
}

/** What a preflight has found: problems, or how names of then are called today. */
export interface Preflight {
  readonly problems: readonly PreflightProblem[];
  /** Whether migrations must carry what is saved to this version of the workflow. */
  readonly migrates: boolean;
  /** The name today of a node or group of the saved graph. */
  rename(node: string): string;
}

/** Compares the code that wrote a checkpoint with that of today. Everything that does not fit is found, not only the first. */
export function preflight(definition: WorkflowDefinition, saved: SavedCode): Preflight {
  const { name, version } = definition;
  const problems: PreflightProblem[] = [];
  const names = new Map<string, string>();
  const unresolved = referenceProblems(definition, saved, names);
  // A workflow may be renamed, if each of its tasks says what it was called.
  if (saved.workflow.name !== name && unresolved.length > 0) {
    problems.push({
      kind: "workflow",
      message: `the checkpoint is of workflow ${quoted(saved.workflow.name)}, not of ${quoted(name)}`,
      fix: `resume it with the workflow called ${quoted(saved.workflow.name)}, or add formerly to each task of the one it has become`,
    });
  }
  const migrates = saved.workflow.version < version;
  problems.push(...versionProblems(definition, saved.workflow.version));
  // What does not fit the graph of today is for the migrations to mend; what they leave is found after them.
  if (!migrates) problems.push(...unresolved);
  nameGroups(definition, saved, names);
  const rename = (node: string): string => names.get(node) ?? node;
  if (problems.length === 0 && !migrates) problems.push(...shapeProblems(definition, saved, rename));
  return { problems, migrates, rename };
}

/** Throws `IncompatibleCheckpointError` with all problems, if there are any. */
export function assertFits({ problems }: Preflight, runId: string, checkpointId: string): void {
  if (problems.length === 0) return;
  const lines = problems.map(({ kind, message, fix }) => `- ${kind}: ${message}; to mend it, ${fix}.`);
  const message = `checkpoint ${checkpointId} of run ${runId} does not fit the code (${problems.length} ${problems.length === 1 ? "problem" : "problems"}):\n${lines.join("\n")}`;
  throw new IncompatibleCheckpointError(message, problems, { runId, checkpointId });
}

function versionProblems({ name, version, migrations }: WorkflowDefinition, saved: number): PreflightProblem[] {
  const message = `the checkpoint is of version ${saved} of workflow ${quoted(name)}, the code of version ${version}`;
  if (saved > version) return [{ kind: "version", message, fix: `resume it with version ${saved} of the code` }];
  const without = Array.from({ length: version - saved }, (_, n) => saved + 1 + n).filter((step) => !migrations.has(step));
  if (without.length === 0) return [];
  const added = without.map((step) => `${step}: (saved) => { ... }`).join(", ");
  return [{ kind: "version", message, fix: `add migrate: { ${added} } to the workflow, or resume it with version ${saved} of the code` }];
}

function referenceProblems(definition: WorkflowDefinition, saved: SavedCode, names: Map<string, string>): PreflightProblem[] {
  const problems = new Map<string, PreflightProblem>();
  const check = (ref: TaskRef): string | null | undefined => {
    const entry = definition.registry.resolve(ref);
    if (entry) return entry.node;
    problems.set(`${ref.module}#${ref.name}`, missing(definition, ref));
    return undefined;
  };
  for (const { id, reference } of saved.graph.nodes) {
    const node = check(reference);
    if (typeof node === "string") names.set(id, node);
    else if (node === null) problems.set(id, outsideNow(id));
  }
  for (const ref of saved.refs) check(ref);
  return [...problems.values()];
}

function missing(definition: WorkflowDefinition, { module, name, qualname }: TaskRef): PreflightProblem {
  const key = `${module}#${name}`;
  for (const { ref } of definition.registry.entries()) {
    if (ref.name !== name) continue;
    const message = `task ${quoted(key)} (${quoted(qualname)}) is now called ${quoted(`${ref.module}#${ref.name}`)}`;
    return { kind: "moved", message, fix: `add formerly: [${quoted(key)}] to the options of task ${quoted(name)}` };
  }
  const message = `task ${quoted(key)} (${quoted(qualname)}) is not in workflow ${quoted(definition.name)}`;
  return { kind: "missing", message, fix: `put the task back, or add formerly: [${quoted(key)}] to the options of the task it has become` };
}

const outsideNow = (id: string): PreflightProblem => ({
  kind: "changed",
  message: `task ${quoted(id)} was part of the graph and is now only queued while running`,
  fix: "put it back into the graph",
});

/** A group that was not given a name is named after its first branch, whose task may be called otherwise now. */
function nameGroups(definition: WorkflowDefinition, saved: SavedCode, names: Map<string, string>): void {
  const { nodes } = definition.plan;
  for (const { id, kind, branches } of saved.graph.groups) {
    if (nodes.has(id)) continue;
    const lasts = branches.map((branch) => names.get(branch.last) ?? branch.last).join();
    for (const node of nodes.values()) {
      if (node.kind !== kind) continue;
      const now = node.kind === "each" ? [node.branch] : node.kind === "parallel" ? node.branches : [];
      if (now.map((branch) => branch.last).join() === lasts) names.set(id, node.id);
    }
  }
}

function shapeProblems(definition: WorkflowDefinition, saved: SavedCode, rename: (node: string) => string): PreflightProblem[] {
  const before = new Set(shapeOf(saved.graph, rename));
  const now = new Set(shapeOf(definition.graph.toJSON(), (node) => node));
  const fix = "bring the graph back to what it was, or let the run end with the old code";
  const gone = [...before]
    .filter((line) => !now.has(line))
    .map((line): PreflightProblem => ({ kind: "changed", message: `${line} is no more`, fix }));
  const added = [...now]
    .filter((line) => !before.has(line))
    .map((line): PreflightProblem => ({ kind: "changed", message: `${line} is new`, fix }));
  return [...gone, ...added];
}

/** A graph as a list of facts; a task without edges is none, since only a jump can reach it. */
function shapeOf(graph: SavedCode["graph"], rename: (node: string) => string): string[] {
  const edges = graph.edges.map(({ from, to }) => `the edge from ${quoted(rename(from))} to ${quoted(rename(to))}`);
  const joins = graph.nodes.filter(({ join }) => join === "any").map(({ id }) => `the join "any" of ${quoted(rename(id))}`);
  const groups = graph.groups.map(({ id, kind, policy, branches }) => {
    const inside = branches.map(({ head, last }) => `${rename(head)}..${rename(last)}`).join(", ");
    return `the group ${quoted(rename(id))} (${kind} of ${inside}, ${policy})`;
  });
  return [...edges, ...joins, ...groups];
}
