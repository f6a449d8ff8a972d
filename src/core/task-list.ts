import type { Backlog } from "./backlog.js";
import type { RunState, SpecStatus } from "./run-state.js";
import type { Names } from "./spec-read.js";
import { openScope } from "./state-check.js";
import type { SavedTasks } from "./state-table.js";
import { TaskPack, type TaskTaker } from "./task-pack.js";
import type { TaskSpec } from "./task-spec.js";

/** The tasks of a saved state: the last one of each serial. */
export class TaskList implements TaskTaker {
  readonly #specs = new Map<number, TaskSpec>();
  /** Of those that are not pending. */
  readonly #statuses = new Map<number, SpecStatus>();
  /** The oldest tasks, if they can stay as they are. */
  #backlog: Backlog | null = null;
  /** Serials of which something is known that is newer than the backlog. */
  readonly #newer = new Set<number>();
  #lastOrder = 0;
  #isInOrder = true;

  /** Reads tasks, oldest first. */
  read(parts: readonly SavedTasks[], names: Names): this {
    const [oldest, ...later] = parts;
    this.#backlog = oldest instanceof TaskPack ? oldest.backlog(names, this.#specs) : null;
    for (const part of this.#backlog === null ? parts : later) part.read(names, this);
    if (this.#newer.size > 0) this.#backlog?.exclude((serial) => this.#newer.has(serial));
    if (this.#isMixed()) {
      for (const spec of this.#backlog ?? []) this.put(spec, "pending");
      this.#backlog = null;
    }
    return this;
  }

  /** Whether something is to come between the tasks of the backlog. */
  #isMixed(): boolean {
    for (const { serial, order } of this.#specs.values())
      if (this.#backlog?.isAround(order) && this.#statuses.get(serial) !== "failed") return true;
    return false;
  }

  put(spec: TaskSpec, status: SpecStatus): void {
    const { serial, order } = spec;
    if (order < this.#lastOrder) this.#isInOrder = false;
    this.#lastOrder = order;
    this.#specs.set(serial, spec);
    if (status !== "pending") this.#statuses.set(serial, status);
    else if (this.#statuses.size > 0) this.#statuses.delete(serial);
    if (this.#backlog !== null) this.#newer.add(serial);
  }

  drop(serial: number): void {
    this.#specs.delete(serial);
    this.#statuses.delete(serial);
    this.#newer.add(serial);
  }

  /** Puts each where it belongs in a state that has its groups already. */
  enlist(state: RunState): void {
    this.#setApart(state);
    const waiting = this.#specs;
    state.waiting = waiting;
    let backlog = this.#backlog;
    for (const spec of this.#isInOrder ? waiting.values() : [...waiting.values()].sort((a, b) => a.order - b.order)) {
      openScope(state, spec.scope).live++;
      if (backlog !== null && spec.order > backlog.last) {
        state.ready.add(backlog);
        backlog = null;
      }
      if (spec.availableAt > spec.createdAt) state.delayed.push(spec);
      else state.ready.push(spec);
    }
    if (backlog !== null) state.ready.add(backlog);
    state.root.live += this.#backlog?.size ?? 0;
  }

  /** What has failed waits for a resume; what was running when the checkpoint was taken starts again. */
  #setApart(state: RunState): void {
    for (const [serial, status] of this.#statuses) {
      const spec = this.#specs.get(serial) as TaskSpec;
      if (status === "failed") {
        state.failed.set(serial, spec);
        this.#specs.delete(serial);
      } else {
        state.interrupted.add(serial);
        this.#specs.set(serial, { ...spec, attempt: spec.attempt + 1 });
      }
    }
  }
}
