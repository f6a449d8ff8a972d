import type { BoardTaskStatus, StoredTask } from "./board-task.js";

/** What is to be changed on a board. The store adds the time, and applies it whole or not at all. */
export type BoardCommand = CreateCommand | ClaimCommand | MoveCommand | CancelCommand | NoteCommand;

/** Adds a task. Of an id that there is already, the same type, parent, data and metadata are the same task. */
export interface CreateCommand {
  readonly kind: "create";
  readonly id: string;
  readonly type: string;
  readonly parent: string | null;
  /** Texts of `StoredValue`. */
  readonly data: string;
  readonly metadata: string;
}

/** Gives the agent the oldest task that nobody has; `null` stands for all types. */
export interface ClaimCommand {
  readonly kind: "claim";
  readonly agent: string;
  readonly types: readonly string[] | null;
  readonly leaseMs: number;
}

/** Changes a task that the agent has: a longer lease (`claimed`), letting go of it (`pending`), or its end. */
export interface MoveCommand {
  readonly kind: "move";
  readonly id: string;
  readonly agent: string;
  readonly to: Exclude<BoardTaskStatus, "cancelled">;
  /** For `claimed`: the lease from now on, or `null` for that of the claim. */
  readonly leaseMs: number | null;
  /** For `done` and `failed`. */
  readonly result: string | null;
}

/** Ends a task and all below it that are not finished. */
export interface CancelCommand {
  readonly kind: "cancel";
  readonly id: string;
}

/** Sets or removes a value of the board itself. */
export interface NoteCommand {
  readonly kind: "note";
  readonly key: string;
  readonly value: string | null;
}

/**
 * What became of a command. `absent`: there is no such task (or parent). `orphan`: the parent was cancelled. `taken`: another task
 * has this id. `notHeld`: the agent does not have it; `task` says who does.
 */
export interface BoardAnswer {
  readonly verdict: "ok" | "absent" | "orphan" | "taken" | "notHeld";
  /** The task it is about, as it is now; `null` if nothing could be claimed. */
  readonly task: StoredTask | null;
  /** How many tasks were cancelled. */
  readonly count: number;
}

/** Which tasks to list, in the order in which they were created. */
export interface BoardQuery {
  readonly status: BoardTaskStatus | null;
  readonly type: string | null;
  /** The id of the task behind which to begin; all of them unless given. */
  readonly after: string | null;
  readonly limit: number;
}

/** How many tasks of a type there are in each status. */
export type BoardCounts = ReadonlyMap<string, Readonly<Record<BoardTaskStatus, number>>>;

/** One board in a store. Everything is seen by all who have the board open, as soon as it was confirmed to one of them. */
export interface StoredBoard {
  submit(command: BoardCommand): Promise<BoardAnswer>;
  get(id: string): Promise<StoredTask | null>;
  /** The tasks right below one, in the order in which they were created. */
  children(id: string): Promise<readonly StoredTask[]>;
  /** `null` if there is no task to begin behind. */
  list(query: BoardQuery): Promise<readonly StoredTask[] | null>;
  count(): Promise<BoardCounts>;
  notes(): Promise<ReadonlyMap<string, string>>;
}

/** Where boards are kept, side by side. */
export interface BoardStore {
  /** A word for messages: `memory`, `file`, `redis`. */
  readonly kind: string;
  /** Where it is, for messages; without credentials. */
  readonly location: string;
  /** Makes the place ready. */
  open(): Promise<void>;
  /** The board of that name, which is a valid id; it need not exist yet. */
  board(name: string): Promise<StoredBoard>;
  close(): Promise<void>;
}
