import { join, resolve } from "node:path";
import type { Clock } from "../core/clock.js";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { systemFs } from "../file/durable-fs.js";
import { reporting } from "../file/faults.js";
import { isFolder } from "../file/is-folder.js";
import { systemClock } from "../host/system-clock.js";
import { type BoardFiles, systemFiles } from "./board-files.js";
import { BoardJournal } from "./board-journal.js";
import type { BoardStore, StoredBoard } from "./board-store.js";

/** The version of the rules by which commands are applied stands in the name: other rules, other file. */
const JOURNAL = "commands.v1.log";

/**
 * Keeps boards in a folder, for the processes of one machine: each in a folder of its name, as a file of commands. What was confirmed
 * is on disk. A process holds the boards that it has opened in memory.
 */
export class FileBoardStore implements BoardStore {
  readonly kind = "file";
  readonly location: string;
  readonly #clock: Clock;
  readonly #files: BoardFiles;
  readonly #open = new Map<string, BoardJournal>();

  /** Touches nothing yet. Throws `InvalidOptionError`. */
  constructor(root: string, { clock = systemClock, files = systemFiles }: { readonly clock?: Clock; readonly files?: BoardFiles } = {}) {
    if (typeof root !== "string" || root === "" || root.includes("\0")) {
      throw new InvalidOptionError(`the folder of a FileBoardStore is ${quoted(root)}: expected the path of a folder; give one.`);
    }
    this.location = resolve(root);
    this.#clock = clock;
    this.#files = files;
  }

  /** Makes the folder. Throws `CheckpointStorageError`. */
  async open(): Promise<void> {
    await reporting("making", this.location, async () => this.#files.makeFolder(this.location));
  }

  /** Throws `CheckpointStorageError` for a folder that cannot be written or leads elsewhere, `CheckpointCorruptError` for a damaged board. */
  async board(name: string): Promise<StoredBoard> {
    const journal = await this.#opened(name);
    return {
      submit: (command) => journal.submit(command),
      get: async (id) => journal.look((state, now) => state.get(id, now)),
      children: async (id) => journal.look((state, now) => state.children(id, now)),
      list: async (query) => journal.look((state, now) => state.list(query, now)),
      count: async () => journal.look((state, now) => state.count(now)),
      notes: async () => journal.look((state) => state.notes()),
    };
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map((journal) => journal.close()));
  }

  async #opened(name: string): Promise<BoardJournal> {
    const [files, folder] = [this.#files, join(this.location, name)];
    return reporting("opening the board in", folder, async () => {
      const known = this.#open.get(name);
      if (known !== undefined) return known;
      if (!isFolder(systemFs, folder)) files.makeFolder(folder);
      const journal = new BoardJournal(join(folder, JOURNAL), files, this.#clock);
      this.#open.set(name, journal);
      try {
        for (const path of [folder, this.location]) files.syncFolder(path);
        journal.look(() => {});
        return journal;
      } catch (error) {
        this.#open.delete(name);
        await journal.close();
        throw error;
      }
    });
  }
}
