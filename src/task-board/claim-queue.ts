import { DelayQueue } from "../core/queues.js";
import type { TaskRecord } from "./task-record.js";

interface Entry {
  readonly availableAt: number;
  readonly serial: number;
  readonly task: TaskRecord;
}

/**
 * The tasks of one type that can be claimed, oldest first. What is true of a task stands in its record: entries here are only
 * where to look, and one that does not fit any more is left behind on the way.
 */
export class ClaimQueue {
  readonly #pending = new DelayQueue<Entry>();
  readonly #leases = new DelayQueue<Entry>();

  /** Says that a task of this type is open, and that it was claimed, prolonged or let go of. */
  note(task: TaskRecord): void {
    const { serial, leaseUntil } = task;
    if (leaseUntil === null) this.#pending.push({ availableAt: 0, serial, task });
    else this.#leases.push({ availableAt: leaseUntil, serial, task });
  }

  /** Takes out the oldest task that nobody has at this time: it is to be claimed. */
  take(now: number): TaskRecord | null {
    const task = this.next(now);
    if (task !== null) this.#pending.shift();
    return task;
  }

  /** The oldest task that nobody has at this time. */
  next(now: number): TaskRecord | null {
    this.#returnStale(now);
    for (let entry = this.#pending.peek(); entry !== undefined; entry = this.#pending.peek()) {
      const { task } = entry;
      if (task.isClaimable(now)) return task;
      this.#pending.shift();
      // The clock of who asks may be behind that of who asked before.
      if (task.isOpen) this.note(task);
    }
    return null;
  }

  #returnStale(now: number): void {
    for (let entry = this.#leases.peek(); entry !== undefined && entry.availableAt <= now; entry = this.#leases.peek()) {
      this.#leases.shift();
      const { task, availableAt, serial } = entry;
      if (task.isOpen && task.leaseUntil === availableAt) this.#pending.push({ availableAt: 0, serial, task });
    }
  }
}
