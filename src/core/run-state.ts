import { ReadyQueue } from "./backlog.js";
import type { ErrorRecord } from "./error-record.js";
import { DelayQueue } from "./queues.js";
import type { StoredValue } from "./serialize/index.js";
import type { TaskOrigin } from "./task-origin.js";
import type { ScopeKey, TaskSpec } from "./task-spec.js";
import type { RunTrace } from "./trace-context.js";

/**
 * How far a run has come. A run that was stopped is still `running`: somebody may go on with it. One that was ended by
 * `ctx.terminate` may still have tasks queued, with which a resume goes on.
 */
export type RunStatus = "running" | "completed" | "terminated" | "failed" | "cancelled";

/** Where specs, joins and visits are counted: the run itself, or one member of a group. */
export interface Scope {
  /** Specs and groups that are under way in it. When none is left, it has ended. */
  live: number;
  /** Outputs that wait at joins: by node, then by predecessor. */
  joins: Map<string, Map<string, StoredValue>> | null;
  /** The node visited first: one visit that needs no entry in `visits`, since most members of a group see no other. */
  first: string | null;
  /** Visits of each node. */
  visits: Map<string, number> | null;
  /** The output of its last task, or until that has run, of the task that ended last. */
  output: StoredValue | null;
  /** Whether `output` is that of a task after which nothing follows. */
  ended: boolean;
}

/** One member of a group. */
export interface Member extends Scope {
  status: "running" | "succeeded" | "failed";
  error: ErrorRecord | null;
}

/** What a group under way is, from its beginning to its end. */
export interface GroupFacts {
  readonly serial: number;
  readonly node: string;
  readonly scope: ScopeKey | null;
  readonly parent: number | null;
  readonly origin: TaskOrigin | null;
  /** Which visit of the group this is in its scope, from 1. */
  readonly cycle: number;
  /** What each member gets (`parallel`), or the items (`each`). */
  readonly input: StoredValue;
  readonly total: number;
  /** Whether results inside are not kept by name, because the same tasks run for many items. */
  readonly anonymous: boolean;
}

/** A group under way. */
export interface GroupRun extends GroupFacts {
  /** Members that have been started, in order; the rest waits for a place. */
  readonly members: Member[];
  settled: number;
  failures: number;
  status: "running" | "failed";
  /** Failed specs, by serial, that are to be tried again as soon as the group's concurrency leaves room. */
  readonly held: number[];
}

/** Told what changed since the last checkpoint, so that one costs what changed. */
export interface ChangeTracker {
  /** The record with this key is new or has changed. */
  touch(key: string): void;
  /** The record with this key is no more. */
  gone(key: string): void;
}

/**
 * Everything a run is, apart from its code and its channel. Only `applyChange` writes to it. Indexed, so that the
 * cost of a step does not depend on how much is pending.
 */
export class RunState {
  status: RunStatus = "running";
  message: string | null = null;
  error: ErrorRecord | null = null;
  steps = 0;
  /** Checkpoints that somebody or the policy asked for: those taken only to begin a journal tell of no progress. */
  saves = 0;
  /** The last serial given to a spec or group. */
  serial = 0;
  readonly root: Scope = newScope();
  readonly ready = new ReadyQueue();
  readonly delayed = new DelayQueue<TaskSpec>();
  readonly running = new Map<number, TaskSpec>();
  readonly failed = new Map<number, TaskSpec>();
  readonly groups = new Map<number, GroupRun>();
  /** How often each task instance has completed. */
  readonly completed = new Map<string, number>();
  /** Outputs of top-level tasks after which nothing followed, by node. */
  readonly ends = new Map<string, StoredValue>();
  readonly metrics = new Map<string, number>();
  readonly artifacts = new Map<string, Artifact>();
  /** Where the run stands in its trace, or `null`: nobody traces it. */
  trace: RunTrace | null = null;
  /** What the run was started with, or `null` before that. */
  input: StoredValue | null = null;
  /** Serials of specs that were running when the checkpoint was taken that this state was read from. */
  readonly interrupted = new Set<number>();
  tracker: ChangeTracker | null = null;
  /** Waiting specs by serial, but for those in the backlog; kept only for a tracker, and in a state that was read. */
  waiting: Map<number, TaskSpec> | null = null;
  #instances: Set<string> | null = null;

  constructor(
    readonly runId: string,
    readonly start: string,
    readonly seed: string,
  ) {}

  /** Ids of dynamic instances that were given one and are pending, running or failed; put together when first asked for. */
  get instances(): Set<string> {
    if (this.#instances === null) {
      this.#instances = new Set();
      for (const specs of [this.pending(), this.running.values(), this.failed.values()])
        for (const { taskId, ref } of specs) if (taskId !== ref.name) this.#instances.add(taskId);
    }
    return this.#instances;
  }

  /** The scope a key names. */
  scope(key: ScopeKey | null): Scope {
    return key === null ? this.root : this.member(key);
  }

  /** The group member a key names. */
  member(key: ScopeKey): Member {
    const member = this.groups.get(key.group)?.members[key.member];
    if (!member) throw new RangeError(`no member ${key.member} of group ${key.group} is under way`);
    return member;
  }

  /** How often a node has been visited in a scope. */
  visits(key: ScopeKey | null, node: string): number {
    const scope = this.scope(key);
    return scope.visits?.get(node) ?? (scope.first === node ? 1 : 0);
  }

  /** From now on the tracker hears of every change. All there is counts as changed. */
  track(tracker: ChangeTracker): void {
    this.tracker = tracker;
    if (this.waiting === null) this.index();
  }

  /** From now on all waiting specs can be found by serial, and be changed. */
  index(): void {
    const { ready } = this;
    this.waiting ??= new Map(Array.from(this.pending(), (spec) => [spec.serial, spec]));
    if (ready.backlog !== null) for (let left = ready.size; left > 0; left--) ready.push(ready.shift() as TaskSpec);
  }

  /** Replaces the queues by the waiting specs, after a replay that has changed these only. */
  requeueWaiting(): void {
    while (this.ready.shift() !== undefined);
    while (this.delayed.shift() !== undefined);
    const specs = [...(this.waiting?.values() ?? [])].sort((a, b) => a.order - b.order);
    for (const spec of specs) {
      if (spec.availableAt > spec.createdAt) this.delayed.push(spec);
      else this.ready.push(spec);
    }
  }

  /** Forgets how far the run has come; what it was started with stays. */
  clear(): void {
    const { root, ready, delayed, running, failed, groups, completed, ends } = this;
    Object.assign(root, newScope());
    while (ready.shift() !== undefined);
    while (delayed.shift() !== undefined);
    for (const all of [running, failed, groups, completed, ends, this.interrupted]) all.clear();
    this.#instances = null;
    this.waiting?.clear();
    Object.assign(this, { status: "running", message: null, error: null, steps: 0 });
  }

  /** Puts another spec in the place of one that waits or has failed; `requeueWaiting` must follow. */
  replace(spec: TaskSpec): void {
    this.index();
    if (this.failed.has(spec.serial)) this.failed.set(spec.serial, spec);
    else this.waiting?.set(spec.serial, spec);
    this.tracker?.touch(`task/${spec.serial}`);
  }

  /** A spec that is pending, running or failed, by its serial. */
  find(serial: number): { readonly status: SpecStatus; readonly spec: TaskSpec } | null {
    const running = this.running.get(serial);
    if (running) return { status: "running", spec: running };
    const failed = this.failed.get(serial);
    if (failed) return { status: "failed", spec: failed };
    const waiting = this.waiting?.get(serial) ?? this.ready.backlog?.find(serial);
    return waiting ? { status: "pending", spec: waiting } : null;
  }

  /** Specs that wait: ready ones first, then delayed ones. */
  *pending(): IterableIterator<TaskSpec> {
    yield* this.ready;
    yield* this.delayed;
  }
}

export type SpecStatus = "pending" | "running" | "failed";

/** A file that a task has made. */
export interface Artifact {
  readonly path: string;
  readonly type: string | null;
  readonly description: string | null;
  readonly taskId: string;
}

const newScope = (): Scope => ({ live: 0, joins: null, first: null, visits: null, output: null, ended: false });

export const newMember = (): Member => ({
  live: 0,
  joins: null,
  first: null,
  visits: null,
  output: null,
  ended: false,
  status: "running",
  error: null,
});
