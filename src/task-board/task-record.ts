import type { CreateCommand, MoveCommand } from "./board-store.js";
import type { BoardTaskStatus, StoredTask } from "./board-task.js";

/** One task of a board, and what may become of it. */
export class TaskRecord {
  agent: string | null = null;
  leaseUntil: number | null = null;
  #end: "done" | "failed" | "cancelled" | null = null;
  #leaseMs = 0;
  #claims = 0;
  #result: string | null = null;
  #finishedAt: number | null = null;

  constructor(
    readonly given: CreateCommand,
    /** Its place on the board, from 1. */
    readonly serial: number,
    private readonly createdAt: number,
  ) {}

  get isOpen(): boolean {
    return this.#end === null;
  }

  isClaimable(now: number): boolean {
    return this.isOpen && (this.leaseUntil === null || this.leaseUntil <= now);
  }

  status(now: number): BoardTaskStatus {
    return this.#end ?? (this.isClaimable(now) ? "pending" : "claimed");
  }

  /** Whether an agent has it. A lease that has run out does not matter as long as nobody else has claimed the task. */
  isHeldBy(agent: string): boolean {
    return this.isOpen && this.agent === agent;
  }

  /** Whether it has ended by this very command: one that is given again changes nothing. */
  hasEndedBy({ to, agent, result }: MoveCommand): boolean {
    return this.#end === to && this.agent === agent && this.#result === result;
  }

  claim(agent: string, leaseMs: number, now: number): void {
    this.agent = agent;
    this.#claims++;
    this.#lease(leaseMs, now);
  }

  move({ to, leaseMs, result }: MoveCommand, now: number): void {
    if (to === "claimed") return this.#lease(leaseMs ?? this.#leaseMs, now);
    this.leaseUntil = null;
    if (to === "pending") this.agent = null;
    else this.#finish(to, result, now);
  }

  cancel(now: number): void {
    this.agent = null;
    this.leaseUntil = null;
    this.#finish("cancelled", null, now);
  }

  seenAt(now: number): StoredTask {
    const { id, type, parent, data, metadata } = this.given;
    const status = this.status(now);
    const held = status === "pending" ? { agent: null, leaseUntil: null } : { agent: this.agent, leaseUntil: this.leaseUntil };
    const times = { createdAt: this.createdAt, finishedAt: this.#finishedAt };
    return { id, type, parent, status, data, metadata, result: this.#result, ...held, claims: this.#claims, ...times };
  }

  #lease(leaseMs: number, now: number): void {
    this.#leaseMs = leaseMs;
    this.leaseUntil = now + leaseMs;
  }

  #finish(end: "done" | "failed" | "cancelled", result: string | null, now: number): void {
    this.#end = end;
    this.#result = result;
    this.#finishedAt = now;
  }
}
