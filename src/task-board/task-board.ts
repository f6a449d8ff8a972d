import { checkedNames } from "../core/checkpoint-policy.js";
import type { Duration } from "../core/duration.js";
import { InvalidOptionError } from "../core/errors.js";
import { checkedId } from "../core/ids.js";
import { failed, notClaimed, notFound, orphan, taken } from "./board-errors.js";
import {
  type ClaimOptions,
  type Completion,
  type CreateOptions,
  checkedCompletion,
  checkedMs,
  checkedQuery,
  checkedTypes,
  type ListOptions,
  textOf,
  textOfMetadata,
  type WaitOptions,
} from "./board-options.js";
import type { BoardAnswer, MoveCommand, StoredBoard } from "./board-store.js";
import { type BoardSummary, summaryOf } from "./board-summary.js";
import { type BoardTask, isFinished, readValue, type StoredTask, taskOf } from "./board-task.js";
import { lookUntil, type Patience } from "./waiting.js";

/** What a board stands on. */
export interface BoardParts extends Patience {
  readonly board: StoredBoard;
  readonly newId: () => string;
  /** Lets go of what was opened for this board alone. */
  readonly close: () => Promise<void>;
}

/**
 * Tasks that agents in any process take by themselves. Whoever has claimed a task has it until its lease runs out; nobody else can
 * complete it. Every change is made whole or not at all, and seen by all who have the board open. `openTaskBoard` gives one.
 *
 * What cannot reach its store throws `CheckpointStorageError`, `StoreUnavailableError` or `CommitOutcomeUnknownError`; what is
 * damaged, `CheckpointCorruptError`.
 *
 * ```ts
 * const board = await openTaskBoard("./boards", { name: "reviews" });
 * const { id } = await board.create("review", { title: "Cairns" });
 * console.log(await board.result(id));
 * ```
 */
export class TaskBoard {
  readonly #parts: BoardParts;

  /** @internal */
  constructor(
    readonly name: string,
    /** Where it is kept, as in `./boards` or `redis://cache1:6379/0 prefix cairnflow`. */
    readonly location: string,
    parts: BoardParts,
  ) {
    this.#parts = parts;
  }

  /**
   * Adds a task, which can be claimed from then on. Under an `id` that the board has already with the same type, data, parent and
   * metadata it changes nothing, so that it is safe to be called again; otherwise it throws `DuplicateIdError`. Throws
   * `BoardTaskNotFoundError` for an unknown parent, `UsageError` for a cancelled one, `InvalidIdError`, `NotSerializableError`, and
   * `LimitExceededError` for data or metadata of more than 1,048,576 characters.
   */
  async create(type: string, data?: unknown, options: CreateOptions = {}): Promise<BoardTask> {
    checkedNames(options, ["id", "parent", "metadata"], "create");
    const id = options.id === undefined ? this.#parts.newId() : checkedId(options.id, "task id");
    const parent = options.parent === undefined ? null : checkedId(options.parent, "task id");
    const texts = { data: textOf(data, "data"), metadata: textOfMetadata(options.metadata) };
    const answer = await this.#parts.board.submit({ kind: "create", id, type: checkedId(type, "task type"), parent, ...texts });
    if (answer.verdict === "ok") return this.#taskOf(answer, id);
    if (answer.verdict === "absent") throw notFound(parent ?? id, this.name);
    throw answer.verdict === "orphan" ? orphan(id, parent ?? "") : taken(id);
  }

  /**
   * Gives the agent the oldest task that nobody has, or `null` if there is none. Of several types none goes before the other. A task
   * that came back keeps its place. Throws `InvalidIdError` and `InvalidOptionError`; rejects with the reason of `signal`.
   *
   * ```ts
   * const task = await board.claim("agent-7", { types: ["review"], lease: "5m", wait: "30s" });
   * ```
   */
  async claim(agentId: string, options: ClaimOptions = {}): Promise<BoardTask | null> {
    checkedNames(options, ["types", "lease", "wait", "signal"], "claim");
    const agent = checkedId(agentId, "agent id");
    const types = checkedTypes(options.types);
    const { lease = "24h", wait = 0, signal } = options;
    const leaseMs = checkedMs(lease, "lease", 1);
    const claim = async (): Promise<StoredTask | null> => {
      const { task } = await this.#parts.board.submit({ kind: "claim", agent, types, leaseMs });
      return task;
    };
    const task = await lookUntil(claim, this.#parts, checkedMs(wait, "wait", 0), signal);
    return task === null ? null : taskOf(task);
  }

  /**
   * Begins the lease of a claimed task anew, with another length if one is given. Who was late has the task again, unless somebody
   * else has claimed it meanwhile. Throws `TaskNotClaimedError`, `BoardTaskNotFoundError`.
   */
  async heartbeat(id: string, agentId: string, options: { readonly lease?: Duration } = {}): Promise<BoardTask> {
    checkedNames(options, ["lease"], "heartbeat");
    const leaseMs = options.lease === undefined ? null : checkedMs(options.lease, "lease", 1);
    return this.#move(id, agentId, { to: "claimed", leaseMs, result: null });
  }

  /**
   * Ends a task, as `done` or `failed`. The same completion given again changes nothing. Throws `TaskNotClaimedError`,
   * `BoardTaskNotFoundError`, `NotSerializableError`, and `LimitExceededError` for a result of more than 1,048,576 characters.
   */
  async complete(id: string, agentId: string, completion: Completion): Promise<BoardTask> {
    const to = checkedCompletion(completion);
    return this.#move(id, agentId, { to, leaseMs: null, result: textOf(completion.result, "result") });
  }

  /** Lets go of a claimed task: it can be claimed again at once. Throws `TaskNotClaimedError`, `BoardTaskNotFoundError`. */
  async release(id: string, agentId: string): Promise<BoardTask> {
    return this.#move(id, agentId, { to: "pending", leaseMs: null, result: null });
  }

  /**
   * Cancels a task and all below it, in one change; resolves to how many. Who has claimed one of them learns it with the next
   * heartbeat. What is finished stays as it is. Throws `BoardTaskNotFoundError`.
   */
  async cancel(id: string): Promise<number> {
    const { verdict, count } = await this.#parts.board.submit({ kind: "cancel", id: checkedId(id, "task id") });
    if (verdict === "absent") throw notFound(id, this.name);
    return count;
  }

  async get(id: string): Promise<BoardTask | null> {
    const task = await this.#parts.board.get(checkedId(id, "task id"));
    return task === null ? null : taskOf(task);
  }

  /** The tasks right below one, oldest first. */
  async children(id: string): Promise<readonly BoardTask[]> {
    return (await this.#parts.board.children(checkedId(id, "task id"))).map(taskOf);
  }

  /** Tasks, oldest first, a page at a time. Throws `BoardTaskNotFoundError` for an `after` that is not on the board. */
  async list(options: ListOptions = {}): Promise<readonly BoardTask[]> {
    const query = checkedQuery(options);
    const found = await this.#parts.board.list(query);
    if (found === null) throw notFound(query.after ?? "", this.name);
    return found.map(taskOf);
  }

  async summary(): Promise<BoardSummary> {
    return summaryOf(await this.#parts.board.count());
  }

  /** What was noted about the board itself; an object without prototype. */
  async metadata(): Promise<Readonly<Record<string, unknown>>> {
    const found = Object.create(null) as Record<string, unknown>;
    for (const [key, text] of await this.#parts.board.notes()) found[key] = readValue(text);
    return found;
  }

  /** Notes a value about the board itself, in place of the one before; `undefined` removes it. The key is a valid id. */
  async setMetadata(key: string, value: unknown): Promise<void> {
    const text = value === undefined ? null : textOf(value, "metadata");
    await this.#parts.board.submit({ kind: "note", key: checkedId(key, "metadata key"), value: text });
  }

  /** Waits until a task is finished, however it ends. Throws `BoardTaskNotFoundError`; rejects with the reason of `signal`. */
  async finished(id: string, { signal }: WaitOptions = {}): Promise<BoardTask> {
    checkedId(id, "task id");
    const look = async (): Promise<StoredTask | null> => {
      const task = await this.#parts.board.get(id);
      if (task === null) throw notFound(id, this.name);
      return isFinished(task) ? task : null;
    };
    return taskOf((await lookUntil(look, this.#parts, Number.POSITIVE_INFINITY, signal)) as StoredTask);
  }

  /** Waits until a task is done; resolves to its result. As `finished`, and throws `BoardTaskFailedError` for any other end. */
  async result(id: string, { signal }: WaitOptions = {}): Promise<unknown> {
    const task = await this.finished(id, signal === undefined ? {} : { signal });
    if (task.status !== "done") throw failed(task);
    return task.result;
  }

  /** Lets go of the board. A store that was given stays open. */
  async close(): Promise<void> {
    await this.#parts.close();
  }

  async #move(id: string, agentId: string, move: Pick<MoveCommand, "to" | "leaseMs" | "result">): Promise<BoardTask> {
    const agent = checkedId(agentId, "agent id");
    const answer = await this.#parts.board.submit({ kind: "move", id: checkedId(id, "task id"), agent, ...move });
    if (answer.verdict === "notHeld" && answer.task !== null) throw notClaimed(answer.task, agent);
    return this.#taskOf(answer, id);
  }

  #taskOf({ task }: BoardAnswer, id: string): BoardTask {
    if (task === null) throw notFound(id, this.name);
    return taskOf(task);
  }
}

/** Throws `InvalidOptionError` unless it is a board. */
export function checkedBoard(board: unknown): TaskBoard {
  if (board instanceof TaskBoard) return board;
  throw new InvalidOptionError("option board is not a TaskBoard: open one with openTaskBoard.");
}
