import type { Clock } from "../core/clock.js";
import { systemClock } from "../host/system-clock.js";
import { BoardState } from "./board-state.js";
import type { BoardStore, StoredBoard } from "./board-store.js";

/** Keeps boards in this process. All who share the store share its boards. */
export class MemoryBoardStore implements BoardStore {
  readonly kind = "memory";
  readonly location = "memory:";
  readonly #boards = new Map<string, BoardState>();
  readonly #clock: Clock;

  constructor({ clock = systemClock }: { readonly clock?: Clock } = {}) {
    this.#clock = clock;
  }

  async open(): Promise<void> {}

  async board(name: string): Promise<StoredBoard> {
    const state = this.#boards.get(name) ?? new BoardState();
    this.#boards.set(name, state);
    const now = (): number => this.#clock.now();
    return {
      submit: async (command) => state.apply(command, now()),
      get: async (id) => state.get(id, now()),
      children: async (id) => state.children(id, now()),
      list: async (query) => state.list(query, now()),
      count: async () => state.count(now()),
      notes: async () => state.notes(),
    };
  }

  async close(): Promise<void> {}
}
