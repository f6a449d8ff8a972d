import { join } from "node:path";
import type { Journal, JournalStore } from "../core/journal.js";
import { type DurableFs, writeSynced } from "./durable-fs.js";
import { isFolder } from "./is-folder.js";
import { frame, unframe } from "./journal-frames.js";
import { journalName, runPaths } from "./layout.js";

/** Keeps journals as files: `<root>/<runId>/journal/<seq>.log`, one for the steps after each checkpoint, of which the newest is kept. */
export class FileJournalStore implements JournalStore {
  constructor(
    private readonly root: string,
    private readonly calls: DurableFs,
  ) {}

  async begin(runId: string, seq: number): Promise<Journal> {
    const { run, journal: folder } = runPaths(this.root, runId);
    if (!isFolder(this.calls, folder)) {
      this.calls.makeDirectory(folder);
      await this.calls.syncDirectory(run);
    }
    const name = journalName(seq);
    const path = join(folder, name);
    // One that is there already belongs to somebody who was replaced: this writer has taken over from the checkpoint.
    await this.calls.removeTree(path);
    await writeSynced(this.calls, [[path, new Uint8Array()]], [folder]);
    const journal = new FileJournal(this.calls, this.calls.openToAppend(path));
    for (const { name: other } of (await this.calls.list(folder)) ?? [])
      if (other !== name) await this.calls.removeTree(join(folder, other));
    return journal;
  }

  async read(runId: string, seq: number): Promise<readonly Uint8Array[]> {
    const path = join(runPaths(this.root, runId).journal, journalName(seq));
    const bytes = await this.calls.read(path);
    return bytes === null ? [] : unframe(bytes, path);
  }
}

/** Appends to one file; one record is written and synced before the next. */
class FileJournal implements Journal {
  #turn: Promise<void> = Promise.resolve();
  #broken: unknown = null;

  constructor(
    private readonly calls: DurableFs,
    private readonly file: number,
  ) {}

  append(record: Uint8Array): Promise<void> {
    const turn = this.#turn.then(() => this.#append(record));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async close(): Promise<void> {
    await this.#turn;
    this.calls.close(this.file);
  }

  /** After a failure nothing more is appended: what a failed sync has left in the file nobody knows. */
  async #append(record: Uint8Array): Promise<void> {
    if (this.#broken !== null) throw this.#broken;
    try {
      const bytes = frame(record);
      for (let written = 0; written < bytes.length; )
        written += await this.calls.write(this.file, written === 0 ? bytes : bytes.subarray(written));
      await this.calls.syncFile(this.file);
    } catch (error) {
      this.#broken = error;
      throw error;
    }
  }
}
