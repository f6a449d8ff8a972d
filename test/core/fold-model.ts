import { createHash } from "node:crypto";
import fc from "fast-check";
import { readState } from "../../src/core/checkpoint-read.js";
import { stateText } from "../../src/core/checkpoint-write.js";
import { toErrorRecord } from "../../src/core/error-record.js";
import { TaskGraph } from "../../src/core/graph.js";
import type { GraphPlan, PlanNode } from "../../src/core/graph-plan.js";
import type { GroupPolicy } from "../../src/core/group-policy.js";
import { hash32s } from "../../src/core/hash.js";
import { instanceKey } from "../../src/core/instance-key.js";
import type { NextRequest, TaskRequests } from "../../src/core/outcome.js";
import { applyChange, type RunChange } from "../../src/core/run-change.js";
import { RunState, type Scope } from "../../src/core/run-state.js";
import { SegmentedTable, type StoredTable } from "../../src/core/segmented-table.js";
import { capture, type StoredValue } from "../../src/core/serialize/index.js";
import { settleFailed, settleReleased, settleRetry, settleReturned } from "../../src/core/settle.js";
import { enter } from "../../src/core/settle-flow.js";
import { namesAsSaved } from "../../src/core/spec-read.js";
import { readRunState } from "../../src/core/state-read.js";
import { renderRecord, savedTask } from "../../src/core/state-records.js";
import { readStateTable } from "../../src/core/state-table.js";
import { Step } from "../../src/core/step.js";
import type { AnyFlow } from "../../src/core/task.js";
import { packedSegment } from "../../src/core/task-pack.js";
import type { TaskSpec } from "../../src/core/task-spec.js";
import { aChain, anEach, aParallel, aTask } from "./graph-fixtures.js";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The shape of a graph: nested flows one after the other, and edges across, some of which close cycles. */
export interface Shape {
  readonly flows: readonly AnyFlow[];
  readonly edges: readonly (readonly [number, number])[];
}

type Draft =
  | { readonly kind: "task"; readonly any: boolean }
  | { readonly kind: "chain"; readonly parts: readonly Draft[] }
  | { readonly kind: "parallel"; readonly parts: readonly Draft[]; readonly policy: number; readonly concurrency: number }
  | { readonly kind: "each"; readonly parts: readonly Draft[]; readonly policy: number; readonly concurrency: number };

const draft: fc.Arbitrary<Draft> = fc.letrec<{ flow: Draft }>((tie) => {
  const parts = (most: number) => fc.array(tie("flow"), { minLength: 1, maxLength: most });
  const group = { policy: fc.nat(5), concurrency: fc.nat(3) };
  return {
    flow: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.record({ kind: fc.constant("task" as const), any: fc.boolean() }),
      fc.record({ kind: fc.constant("chain" as const), parts: parts(3) }),
      fc.record({ kind: fc.constant("parallel" as const), parts: parts(3), ...group }),
      fc.record({ kind: fc.constant("each" as const), parts: parts(1), ...group }),
    ),
  };
}).flow;

const POLICIES: readonly GroupPolicy[] = ["strict", "bestEffort", { kind: "atLeast", count: 1 }, (results) => results.length !== 2];

function flowOf(given: Draft, names: { next: number }): AnyFlow {
  if (given.kind === "task") return aTask(`t${names.next++}`, { join: given.any ? "any" : "all" });
  const parts = given.parts.map((part) => flowOf(part, names));
  if (given.kind === "chain") return aChain(...parts);
  const settings = {
    name: `g${names.next++}`,
    policy: POLICIES[given.policy % POLICIES.length] as GroupPolicy,
    concurrency: given.concurrency === 0 ? null : given.concurrency,
  };
  return given.kind === "each" ? anEach(parts[0] as AnyFlow, settings) : aParallel(parts, settings);
}

/** Chains, diamonds, cycles, nested groups with every policy; the first flow is the start. */
export const shapes: fc.Arbitrary<Shape> = fc
  .record({
    drafts: fc.array(draft, { minLength: 1, maxLength: 5 }),
    edges: fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 5 }),
  })
  .map(({ drafts, edges }) => {
    const names = { next: 0 };
    return { flows: [aTask("begin"), ...drafts.map((part) => flowOf(part, names))], edges };
  });

export function planOf({ flows, edges }: Shape): GraphPlan {
  const graph = new TaskGraph("random");
  for (const flow of flows) graph.add(flow);
  for (const [place, flow] of flows.entries()) if (place > 0) graph.edge(flows[(place * 7) % place] as AnyFlow, flow);
  const tasks = flows.slice(1).filter((flow) => flow.kind === "task");
  if (tasks.length > 0)
    for (const [from, to] of edges) graph.edge(flows[from % flows.length] as AnyFlow, tasks[to % tasks.length] as AnyFlow);
  return graph.plan("begin");
}

/** How often things happen in a run, in percent. */
export interface Weather {
  readonly seed: number;
  readonly fails: number;
  readonly asks: number;
  readonly ends: number;
  readonly bulk: number;
}

export const weathers: fc.Arbitrary<Weather> = fc.record({
  seed: fc.nat(),
  fails: fc.constantFrom(0, 5, 20, 50),
  asks: fc.constantFrom(0, 10, 40),
  ends: fc.constantFrom(0, 0, 0, 3),
  bulk: fc.constantFrom(0, 600, 3_000),
});

const DYNAMIC = { strategy: "reference", module: "random", name: "dynamic", qualname: "dynamic" } as const;
const STEPS = 120;

/**
 * Runs a plan without an engine: what each task does hangs on its place in the run alone, and so does the order in which
 * tasks end, so that a run that was saved and restored in between must go the same way as one that was not.
 */
export class Driver {
  readonly changes: RunChange[] = [];

  constructor(
    readonly plan: GraphPlan,
    readonly weather: Weather,
    readonly state: RunState = new RunState("r", "begin", "seed"),
    public now = 1_000,
  ) {}

  begin(): void {
    const step = this.#step();
    enter(step, this.plan.nodes.get("begin") as PlanNode, null, this.#value("start"), null, null);
    this.changes.push(...(step.changes ?? []));
  }

  /** Starts some tasks and ends one; `false` once nothing is left to do. */
  tick(): boolean {
    const { state } = this;
    if (state.status !== "running") return false;
    const open = [...state.pending(), ...state.running.values()];
    if (open.length === 0) return false;
    if (open.every((spec) => spec.availableAt > this.now)) this.now = Math.min(...open.map((spec) => spec.availableAt));
    const due = open.filter((spec) => spec.availableAt <= this.now).sort((a, b) => this.#chance(a, "turn") - this.#chance(b, "turn"));
    const ending = due[0] as TaskSpec;
    for (const spec of due) if (spec === ending || this.#chance(spec, "early") < 0.3) this.#start(spec);
    this.now += 7;
    this.#end(state.running.get(ending.serial) as TaskSpec);
    return true;
  }

  #step(): Step {
    return new Step(this.state, 1, true).begin(this.now);
  }

  #start(spec: TaskSpec): void {
    if (this.state.running.has(spec.serial)) return;
    takeOut(this.state, spec.serial);
    const change: RunChange = { kind: "started", spec };
    applyChange(this.state, change);
    this.changes.push(change);
  }

  #end(spec: TaskSpec): void {
    const step = this.#step();
    const percent = (what: string): number => this.#chance(spec, what) * 100;
    const { fails, ends } = this.weather;
    if (this.state.steps >= STEPS || spec.cycle > 4) step.failRun(toErrorRecord({ name: "Error", message: "a limit" }));
    else if (percent("fail") < fails && spec.failures < spec.maxRetries)
      settleRetry(step, spec, toErrorRecord({ name: "Error", message: "again" }), percent("wait") < 50 ? 0 : 40, memoOf(spec));
    else if (percent("fail") < fails)
      settleFailed(step, this.plan, spec, toErrorRecord({ name: "Error", message: "for good" }), memoOf(spec));
    else if (percent("cancel") < ends) this.#cancel(step, spec);
    else settleReturned(step, this.plan, spec, { kind: "returned", value: this.#value(spec), ops: [], requests: this.#requests(spec) });
    this.changes.push(...(step.changes ?? []));
  }

  #cancel(step: Step, spec: TaskSpec): void {
    settleReleased(step, spec, spec.memo);
    step.apply({ kind: "status", status: "cancelled", message: "enough", error: toErrorRecord({ name: "Error", message: "enough" }) });
  }

  #requests(spec: TaskSpec): TaskRequests | null {
    const percent = (what: string): number => this.#chance(spec, what) * 100;
    const { asks, ends } = this.weather;
    if (this.state.steps > STEPS / 2 || percent("asks") >= Math.max(asks, ends)) return null;
    const next: NextRequest[] = [];
    const request = { input: this.#value(`${spec.taskId} asked`), maxRetries: 1 };
    if (percent("dynamic") < 40) next.push({ ...request, ref: DYNAMIC, node: null, id: null, jump: percent("dynamic") < 10 });
    if (percent("named") < 20) next.push({ ...request, ref: DYNAMIC, node: null, id: `d${this.state.serial}`, jump: false });
    if (percent("goto") < 15) next.push({ ...request, ref: this.#begin().ref, node: "begin", id: null, jump: true });
    return {
      next,
      iteration: percent("iterate") < 30 && spec.cycle < 4 ? this.#value("iteration") : null,
      checkpoints: [],
      terminate: percent("terminate") < ends ? { message: "done" } : null,
      cancel: null,
      metrics: new Map([["loss", this.#chance(spec, "loss")]]),
      artifacts: [{ path: `${spec.taskId}.bin`, type: null, description: null, taskId: spec.taskId }],
    };
  }

  #begin() {
    const node = this.plan.nodes.get("begin") as PlanNode;
    if (node.kind !== "task") throw new TypeError("begin is a task");
    return node;
  }

  /** Lists in lists, so that `each` has something to do at any depth. */
  #value(of: TaskSpec | string): StoredValue {
    const name = typeof of === "string" ? of : of.taskId;
    const count = typeof of === "string" ? 2 : Math.floor(this.#chance(of, "count") * 4);
    const leaf = `${name} ${"x".repeat(this.weather.bulk)}`;
    return capture(
      Array.from({ length: count }, () => [[leaf], [name]]),
      "value",
    );
  }

  #chance(spec: TaskSpec, what: string): number {
    const key = `${this.weather.seed} ${what} ${instanceKey(this.state, spec)} ${spec.cycle} ${spec.failures} ${spec.serial}`;
    return hash32s(key)[0] / 2 ** 32;
  }
}

const memoOf = (spec: TaskSpec): TaskSpec["memo"] => spec.memo ?? new Map([["once", capture(spec.taskId, "memo")]]);

/** Takes a spec out of the queues, as an engine does before it starts it. */
export function takeOut(state: RunState, serial: number): void {
  for (const queue of [state.ready, state.delayed]) {
    const kept: TaskSpec[] = [];
    for (let spec = queue.shift(); spec !== undefined; spec = queue.shift()) if (spec.serial !== serial) kept.push(spec);
    for (const spec of kept) queue.push(spec);
  }
}

/** A state as plain data, each part in an order of its own. `asRestored`: what runs is shown as it is after a resume. */
export function shown(plan: GraphPlan, state: RunState, asRestored = false): unknown {
  const bySerial = (specs: Iterable<TaskSpec>, attempt = 0): unknown[] =>
    [...specs].sort((a, b) => a.serial - b.serial).map((spec) => shownSpec({ ...spec, attempt: spec.attempt + attempt }));
  const { runId, start, seed, status, message, error, steps, serial } = state;
  const sorted = <T>(map: ReadonlyMap<string, T>): unknown => [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, plain(v)]);
  const again = asRestored ? bySerial(state.running.values(), 1) : [];
  return {
    ...{ runId, start, seed, status, message, error, steps, serial },
    root: shownScope(plan, state.root),
    waiting: [...bySerial(state.pending()), ...again].sort((a, b) => (a as { serial: number }).serial - (b as { serial: number }).serial),
    running: asRestored ? [] : bySerial(state.running.values()),
    failed: bySerial(state.failed.values()),
    groups: [...state.groups.values()].map((group) => ({
      ...group,
      input: group.input.text(),
      members: group.members.map((member) => ({ ...shownScope(plan, member), status: member.status, error: member.error })),
    })),
    instances: [...state.instances].sort(),
    completed: sorted(state.completed),
    ends: sorted(state.ends),
    metrics: sorted(state.metrics),
    artifacts: sorted(state.artifacts),
  };
}

const plain = (value: unknown): unknown => (typeof (value as StoredValue)?.text === "function" ? (value as StoredValue).text() : value);

const shownSpec = ({ input, memo, ...spec }: TaskSpec) => ({
  ...spec,
  input: input.text(),
  memo: memo === null ? null : [...memo].map(([key, value]) => [key, value.text()]),
});

function shownScope(plan: GraphPlan, scope: Scope): object {
  const visits = [...plan.nodes.keys()].map((id) => [id, scope.visits?.get(id) ?? (scope.first === id ? 1 : 0)]);
  const joins = [...(scope.joins ?? [])].map(([node, tokens]) => [node, [...tokens].map(([from, value]) => [from, value.text()]).sort()]);
  const { live, first, ended, output } = scope;
  return { live, first, ended, output: output?.text() ?? null, visits: visits.filter(([, count]) => count !== 0), joins: joins.sort() };
}

/** Saves a state as a checkpoint would, and reads it back out of the texts. */
export class Saver {
  readonly blobs = new Map<string, string>();
  readonly table: SegmentedTable;

  constructor(
    readonly state: RunState,
    origin: { readonly table: StoredTable; readonly blobs: ReadonlyMap<string, string> } | null = null,
  ) {
    this.table = new SegmentedTable(
      (key) => renderRecord(state, key, null),
      sha256,
      (digest, text) => void this.blobs.set(digest, text),
      (keys, record) => packedSegment(keys, record, (serial) => savedTask(state, serial, null)),
    );
    state.track(this.table);
    if (origin === null) return;
    for (const [digest, text] of origin.blobs) this.blobs.set(digest, text);
    this.table.adopt(origin.table);
  }

  /** The restored state, with a saver that goes on from it. */
  restore(): { readonly state: RunState; readonly saver: Saver; readonly segments: number } {
    const saved = readState(stateText(this.state, 1, this.table.image()));
    const table = readStateTable(
      saved.table,
      saved.table.segments.map(({ sha256: digest }) => this.blobs.get(digest) as string),
    );
    const state = readRunState(saved.head, table, namesAsSaved);
    return { state, saver: new Saver(state, { table, blobs: this.blobs }), segments: saved.table.segments.length };
  }
}
