import { randomUUID } from "node:crypto";
import { assertNever } from "../core/assert-never.js";
import type { Clock } from "../core/clock.js";
import { CommitOutcomeUnknownError } from "../core/errors.js";
import type { RedisServer } from "../redis/redis-server.js";
import { textsOf } from "../redis/replies.js";
import type { Script } from "../redis/script.js";
import type { BoardAnswer, BoardCommand, BoardCounts, BoardQuery, ClaimCommand, StoredBoard } from "./board-store.js";
import { noTasks } from "./board-summary.js";
import { BOARD_TASK_STATUSES, type StoredTask } from "./board-task.js";
import { boardKeys, claimKey } from "./redis-board-keys.js";
import { CHILDREN, COUNT, GET, LIST, NOTES } from "./redis-board-reads.js";
import { pairsOf, rowsOf, taskOfRow } from "./redis-board-rows.js";
import { CANCEL, CLAIM, CREATE, MOVE, NOTE } from "./redis-board-scripts.js";

/** Where a board is, and how its time is told. */
export interface RedisBoardPlace {
  readonly server: RedisServer;
  readonly prefix: string;
  readonly name: string;
  /** `null`: the clock of the server. */
  readonly clock: Clock | null;
  /** For how long a claim may be sent again. */
  readonly patienceMs: number;
}

/** A board in Redis: every command is one script, which gives the same answer if it is sent again. */
export class RedisBoard implements StoredBoard {
  readonly #keys: readonly string[];

  constructor(private readonly place: RedisBoardPlace) {
    this.#keys = boardKeys(place.prefix, place.name);
  }

  async submit(command: BoardCommand): Promise<BoardAnswer> {
    switch (command.kind) {
      case "create": {
        const { id, type, parent, data, metadata } = command;
        return this.#answer(`creating task ${id}`, CREATE, [id, type, parent ?? "", data, metadata]);
      }
      case "claim":
        return this.#claim(command);
      case "move": {
        const { id, agent, to, leaseMs, result } = command;
        const args = [randomUUID(), id, agent, to, String(leaseMs ?? ""), ...(result === null ? [] : [result])];
        return this.#answer(`changing task ${id}`, MOVE, args);
      }
      case "cancel":
        return this.#answer(`cancelling task ${command.id}`, CANCEL, [randomUUID(), command.id]);
      case "note":
        return this.#answer(`noting ${command.key}`, NOTE, [command.key, ...(command.value === null ? [] : [command.value])]);
      default:
        return assertNever(command);
    }
  }

  async get(id: string): Promise<StoredTask | null> {
    return this.#tasks(await this.#ask(`reading task ${id}`, GET, [id]))[0] ?? null;
  }

  async children(id: string): Promise<readonly StoredTask[]> {
    return this.#tasks(await this.#ask(`reading the tasks below ${id}`, CHILDREN, [id]));
  }

  async list({ status, type, after, limit }: BoardQuery): Promise<readonly StoredTask[] | null> {
    const found: StoredTask[] = [];
    for (let from = after === null ? "0" : `#${after}`; ; ) {
      const reply = await this.#ask("listing tasks", LIST, [from, String(limit - found.length), status ?? "", type ?? ""]);
      const [next = "", ...rows] = rowsOf(reply);
      from = String(next);
      if (from === "absent") return null;
      found.push(...this.#tasks(rows));
      if (from === "" || found.length >= limit) return found;
    }
  }

  async count(): Promise<BoardCounts> {
    const [counts, stale] = rowsOf(await this.#ask("counting tasks", COUNT, []));
    const found = new Map<string, ReturnType<typeof noTasks>>();
    for (const [key, count] of pairsOf(counts)) {
      const [place, type = ""] = key.split(":");
      const status = BOARD_TASK_STATUSES.find((one) => one === place);
      const ofType = found.get(type) ?? noTasks();
      if (status !== undefined) ofType[status] += Number(count);
      found.set(type, ofType);
    }
    for (const type of textsOf(stale)) {
      const ofType = found.get(type ?? "") ?? noTasks();
      ofType.claimed--;
      ofType.pending++;
    }
    return found;
  }

  async notes(): Promise<ReadonlyMap<string, string>> {
    return new Map(pairsOf(await this.#ask("reading the metadata", NOTES, [])));
  }

  #claim({ agent, types, leaseMs }: ClaimCommand): Promise<BoardAnswer> {
    const { prefix, name, patienceMs } = this.place;
    const keys = [...this.#keys, claimKey(prefix, name, randomUUID())];
    return this.#answer(`claiming a task for ${agent}`, CLAIM, [agent, String(leaseMs), String(patienceMs), ...(types ?? [])], keys);
  }

  async #answer(what: string, script: Script, args: readonly string[], keys = this.#keys): Promise<BoardAnswer> {
    const { server, name } = this.place;
    const errand = { what: `${what} of board ${name}`, effect: "change" } as const;
    const { reply, isUnsure } = await server.run(errand, script, keys, [this.#now(), ...args]);
    const [verdict, row, count] = rowsOf(reply);
    const task = Array.isArray(row) ? taskOfRow(row, server.location) : null;
    const answer = { verdict: String(verdict) as BoardAnswer["verdict"], task, count: Number(String(count ?? 0)) };
    if (answer.verdict === "notHeld" && isUnsure) throw outcomeUnknown(what, server.location);
    return answer;
  }

  async #ask(what: string, script: Script, args: readonly string[]): Promise<unknown> {
    const { server, name } = this.place;
    return (await server.run({ what: `${what} of board ${name}`, effect: "read" }, script, this.#keys, [this.#now(), ...args])).reply;
  }

  #tasks(rows: unknown): readonly StoredTask[] {
    return rowsOf(rows).map((row) => taskOfRow(row, this.place.server.location));
  }

  #now(): string {
    const { clock } = this.place;
    return clock === null ? "" : String(Math.round(clock.now()));
  }
}

/** It may have been done before somebody else has changed the task. */
const outcomeUnknown = (what: string, location: string): CommitOutcomeUnknownError =>
  new CommitOutcomeUnknownError(
    `the answer to a command was lost (${what} in ${location}): found the task changed when asking again, expected to learn whether it was done; look at the task.`,
    { outcome: "unknown" },
  );
