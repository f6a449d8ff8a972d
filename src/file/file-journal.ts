import { join } from "node:path";
import { UsageError } from "../core/errors.js";
import type { Journal } from "../core/journal.js";
import { type DurableFs, writeAll } from "./durable-fs.js";
import { storageFault } from "./faults.js";
import { isFolder } from "./is-folder.js";
import { frame, unframe } from "./journal-frames.js";
import { isJournalName, journalName, type RunPaths } from "./layout.js";
import type { Ownership } from "./ownership.js";
import { quietly } from "./quietly.js";

/** Starts an empty journal in `journal/<seq>.log`, and removes the others. */
export async function beginJournal(calls: DurableFs, paths: RunPaths, owner: Ownership, seq: number): Promise<Journal> {
  const [name, prepared] = [journalName(seq), owner.newPath()];
  const path = join(paths.journal, name);
  const file = calls.create(prepared);
  try {
    await calls.syncFile(file);
    calls.rename(prepared, path);
    await calls.syncDirectory(paths.journal);
    await removeOthers(calls, paths, owner, name);
    return new FileJournal(calls, owner, file, path);
  } catch (error) {
    await quietly(() => calls.close(file));
    await owner.discard(prepared);
    throw error;
  }
}

/** The records of the journal that follows a checkpoint; none if there is none. */
export async function readJournal(calls: DurableFs, paths: RunPaths, seq: number): Promise<readonly Uint8Array[]> {
  if (!isFolder(calls, paths.run) || !isFolder(calls, paths.journal)) return [];
  const path = join(paths.journal, journalName(seq));
  const bytes = await calls.read(path);
  return bytes === null ? [] : unframe(bytes, path);
}

/** By way of the owner's folder, so that an owner that was replaced meanwhile does not remove the journal of the next one. */
async function removeOthers(calls: DurableFs, { journal }: RunPaths, owner: Ownership, kept: string): Promise<void> {
  for (const { name } of (await calls.list(journal)) ?? []) {
    if (name === kept || !isJournalName(name)) continue;
    const removed = owner.newPath();
    calls.rename(join(journal, name), removed);
    await owner.discard(removed);
  }
}

/** Appends to one file; one record is written and synced before the next. */
class FileJournal implements Journal {
  #turn: Promise<void> = Promise.resolve();
  #broken: unknown = null;
  #isOpen = true;

  constructor(
    private readonly calls: DurableFs,
    private readonly owner: Ownership,
    private readonly file: number,
    private readonly path: string,
  ) {}

  append(record: Uint8Array): Promise<void> {
    const bytes = frame(record);
    const turn = this.#turn.then(() => this.#append(bytes));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async close(): Promise<void> {
    await this.#turn;
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#broken ??= new UsageError(`journal ${this.path} was closed: expected an open one; begin another.`, { runId: this.owner.runId });
    // Every record was synced before it was confirmed: a file that cannot be closed takes none of them back.
    await quietly(() => this.calls.close(this.file));
  }

  /** After a failure nothing more is appended: what a failed sync has left in the file nobody knows. */
  async #append(bytes: Uint8Array): Promise<void> {
    if (this.#broken !== null) throw this.#broken;
    try {
      await writeAll(this.calls, this.file, bytes, this.path);
      await this.calls.syncFile(this.file);
      // Only now: whoever takes the run over after this reads the record, and whoever did before it need not have.
      if (!this.owner.isHeld()) throw await this.owner.stale();
    } catch (error) {
      this.#broken = await this.owner.explain(error, (cause) => storageFault("appending to", this.path, cause, "unknown"));
      throw this.#broken;
    }
  }
}
