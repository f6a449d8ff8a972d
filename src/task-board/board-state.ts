import { assertNever } from "../core/assert-never.js";
import type { BoardAnswer, BoardCommand, BoardCounts, BoardQuery, ClaimCommand, CreateCommand, MoveCommand } from "./board-store.js";
import { noTasks } from "./board-summary.js";
import type { BoardTaskStatus, StoredTask } from "./board-task.js";
import { ClaimQueue } from "./claim-queue.js";
import { TaskRecord } from "./task-record.js";

const NOTHING: BoardAnswer = { verdict: "ok", task: null, count: 0 };

/**
 * A board as a fold of its commands: the same commands at the same times give the same board, wherever they are applied. This is
 * where the rules of boards are.
 */
export class BoardState {
  readonly #tasks = new Map<string, TaskRecord>();
  readonly #children = new Map<string, TaskRecord[]>();
  readonly #queues = new Map<string, ClaimQueue>();
  readonly #notes = new Map<string, string>();
  readonly #inOrder: TaskRecord[] = [];

  /** What the answer is if the command changes nothing; `null` if it does. */
  judge(command: BoardCommand, now: number): BoardAnswer | null {
    switch (command.kind) {
      case "create":
        return this.#judgeCreate(command, now);
      case "claim":
        return this.#next(command, now) === null ? NOTHING : null;
      case "move":
        return this.#judgeMove(command, now);
      case "cancel":
        if (!this.#tasks.has(command.id)) return { ...NOTHING, verdict: "absent" };
        return this.#openBelow(command.id).length === 0 ? NOTHING : null;
      case "note":
        return null;
      default:
        return assertNever(command);
    }
  }

  apply(command: BoardCommand, now: number): BoardAnswer {
    return this.judge(command, now) ?? this.#change(command, now);
  }

  get(id: string, now: number): StoredTask | null {
    return this.#tasks.get(id)?.seenAt(now) ?? null;
  }

  children(id: string, now: number): readonly StoredTask[] {
    return (this.#children.get(id) ?? []).map((task) => task.seenAt(now));
  }

  list({ status, type, after, limit }: BoardQuery, now: number): readonly StoredTask[] | null {
    const from = after === null ? 0 : this.#tasks.get(after)?.serial;
    if (from === undefined) return null;
    const found: StoredTask[] = [];
    for (let place = from; place < this.#inOrder.length && found.length < limit; place++) {
      const task = this.#inOrder[place] as TaskRecord;
      if (type !== null && task.given.type !== type) continue;
      if (status === null || task.status(now) === status) found.push(task.seenAt(now));
    }
    return found;
  }

  count(now: number): BoardCounts {
    const counts = new Map<string, Record<BoardTaskStatus, number>>();
    for (const task of this.#inOrder) {
      const { type } = task.given;
      const ofType = counts.get(type) ?? noTasks();
      ofType[task.status(now)]++;
      counts.set(type, ofType);
    }
    return counts;
  }

  notes(): ReadonlyMap<string, string> {
    return new Map(this.#notes);
  }

  #judgeCreate(command: CreateCommand, now: number): BoardAnswer | null {
    const found = this.#tasks.get(command.id);
    if (found !== undefined) {
      const isSame = (["type", "parent", "data", "metadata"] as const).every((name) => found.given[name] === command[name]);
      return { verdict: isSame ? "ok" : "taken", task: found.seenAt(now), count: 0 };
    }
    if (command.parent === null) return null;
    const parent = this.#tasks.get(command.parent);
    if (parent === undefined) return { ...NOTHING, verdict: "absent" };
    return parent.status(now) === "cancelled" ? { ...NOTHING, verdict: "orphan" } : null;
  }

  #judgeMove(command: MoveCommand, now: number): BoardAnswer | null {
    const task = this.#tasks.get(command.id);
    if (task === undefined) return { ...NOTHING, verdict: "absent" };
    if (task.isHeldBy(command.agent)) return null;
    return { verdict: task.hasEndedBy(command) ? "ok" : "notHeld", task: task.seenAt(now), count: 0 };
  }

  /** Whatever was judged before. */
  #change(command: BoardCommand, now: number): BoardAnswer {
    switch (command.kind) {
      case "create":
        return this.#create(command, now);
      case "claim":
        return this.#changed(this.#next(command, now)?.take(now), now, (task) => task.claim(command.agent, command.leaseMs, now));
      case "move":
        return this.#changed(this.#tasks.get(command.id), now, (task) => task.move(command, now));
      case "cancel": {
        const open = this.#openBelow(command.id);
        for (const task of open) task.cancel(now);
        return { ...NOTHING, count: open.length };
      }
      case "note":
        if (command.value === null) this.#notes.delete(command.key);
        else this.#notes.set(command.key, command.value);
        return NOTHING;
      default:
        return assertNever(command);
    }
  }

  #create(command: CreateCommand, now: number): BoardAnswer {
    const task = new TaskRecord(command, this.#inOrder.length + 1, now);
    this.#tasks.set(command.id, task);
    this.#inOrder.push(task);
    if (command.parent !== null) this.#childrenOf(command.parent).push(task);
    return this.#changed(task, now, () => {});
  }

  #changed(task: TaskRecord | null | undefined, now: number, change: (task: TaskRecord) => void): BoardAnswer {
    if (!task) return NOTHING;
    change(task);
    if (task.isOpen) this.#queueOf(task.given.type).note(task);
    return { verdict: "ok", task: task.seenAt(now), count: 0 };
  }

  /** The queue whose next task is the oldest of these types. */
  #next({ types }: ClaimCommand, now: number): ClaimQueue | null {
    let [oldest, first]: [ClaimQueue | null, number] = [null, Number.POSITIVE_INFINITY];
    for (const type of types ?? this.#queues.keys()) {
      const queue = this.#queues.get(type);
      const serial = queue?.next(now)?.serial;
      if (queue !== undefined && serial !== undefined && serial < first) [oldest, first] = [queue, serial];
    }
    return oldest;
  }

  /** The task and all below it that are not finished. */
  #openBelow(id: string): readonly TaskRecord[] {
    const found = [this.#tasks.get(id) as TaskRecord];
    for (const task of found) for (const child of this.#children.get(task.given.id) ?? []) found.push(child);
    return found.filter(({ isOpen }) => isOpen);
  }

  #childrenOf(parent: string): TaskRecord[] {
    const children = this.#children.get(parent) ?? [];
    this.#children.set(parent, children);
    return children;
  }

  #queueOf(type: string): ClaimQueue {
    const queue = this.#queues.get(type) ?? new ClaimQueue();
    this.#queues.set(type, queue);
    return queue;
  }
}
