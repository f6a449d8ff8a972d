import { checkedNames } from "../core/checkpoint-policy.js";
import type { Clock } from "../core/clock.js";
import type { Duration } from "../core/duration.js";
import { InvalidOptionError } from "../core/errors.js";
import { checkedId, quoted } from "../core/ids.js";
import { systemHost } from "../host/system-host.js";
import { checkedMs } from "./board-options.js";
import type { BoardStore } from "./board-store.js";
import { FileBoardStore } from "./file-board-store.js";
import { MemoryBoardStore } from "./memory-board-store.js";
import { RedisBoardStore } from "./redis-board-store.js";
import { TaskBoard } from "./task-board.js";

/** How a board is opened. */
export interface TaskBoardOptions {
  /** Which board of its place; `"main"` unless given. */
  readonly name?: string;
  /** How long a wait pauses at most before it looks again; 500 ms unless given. */
  readonly poll?: Duration;
  /** By which clock waits pause, and by which leases end where the location is a text; the system's unless given. Redis has its own time. */
  readonly clock?: Clock;
  /** Makes the ids of tasks; random ones unless given. */
  readonly newId?: () => string;
}

/** Memory stores by name, so that a board of this process can be opened by naming it again. */
const memoryStores = new Map<string, MemoryBoardStore>();

/**
 * Opens a board: in a folder (for the processes of one machine), at `redis://host:port/db` (for many machines), at `memory:` or
 * `memory:<name>` (for this process), or in a store of yours, which you close. A board that is not there yet is empty.
 *
 * Throws `InvalidOptionError`, `InvalidIdError`, and what stores throw when they are opened.
 */
export async function openTaskBoard(location: string | BoardStore, options: TaskBoardOptions = {}): Promise<TaskBoard> {
  checkedNames(options, ["name", "poll", "clock", "newId"], "openTaskBoard");
  const { name: given = "main", poll = 500 } = options;
  const { clock, newId } = systemHost(options.clock, options.newId);
  const name = checkedId(given, "board name");
  const pollMs = checkedMs(poll, "poll", 1);
  const store = storeAt(location, options.clock);
  const close = typeof location === "string" ? () => store.close() : async () => {};
  try {
    await store.open();
    return new TaskBoard(name, store.location, { board: await store.board(name), clock, newId, pollMs, close });
  } catch (error) {
    await close();
    throw error;
  }
}

function storeAt(location: string | BoardStore, clock: Clock | undefined): BoardStore {
  if (typeof location === "object" && location !== null && typeof location.board === "function") return location;
  if (typeof location !== "string" || location === "") {
    throw new InvalidOptionError(
      `the location of a task board is ${quoted(location)}: expected a folder's path, "memory:", "redis://host:port/db", or a BoardStore.`,
    );
  }
  if (location.startsWith("memory:")) return memoryStore(location.slice("memory:".length), clock);
  if (/^rediss?:/i.test(location)) return new RedisBoardStore({ url: location });
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(location)?.[1];
  if (scheme === undefined) return new FileBoardStore(location, clock === undefined ? {} : { clock });
  throw new InvalidOptionError(
    `the location of a task board has the scheme ${quoted(scheme)}: expected a folder's path, memory: or redis://; pass another BoardStore itself.`,
  );
}

function memoryStore(name: string, clock: Clock | undefined): MemoryBoardStore {
  if (name === "") return new MemoryBoardStore(clock === undefined ? {} : { clock });
  const store = memoryStores.get(checkedId(name, "name of a memory store")) ?? new MemoryBoardStore(clock === undefined ? {} : { clock });
  memoryStores.set(name, store);
  return store;
}
