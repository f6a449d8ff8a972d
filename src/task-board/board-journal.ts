import { randomUUID } from "node:crypto";
import type { Clock } from "../core/clock.js";
import { CairnError, CheckpointStorageError, LimitExceededError, type Outcome, UsageError } from "../core/errors.js";
import { storageFault } from "../file/faults.js";
import type { BoardFiles } from "./board-files.js";
import { BoardState } from "./board-state.js";
import type { BoardAnswer, BoardCommand } from "./board-store.js";
import { commandOfText, textOfCommand } from "./command-text.js";
import { damaged, lineOf, readLines } from "./journal-lines.js";
import { SharedSync } from "./shared-sync.js";

const CHUNK = 1 << 20;
const JOURNAL_LIMIT = 2 ** 30;

/**
 * A board as a file of commands, to whose end any number of processes write. Nobody locks it: the file system puts what is written
 * into an order, all who read it apply the same rules to the same commands in that order, and so agree on who has got what.
 */
export class BoardJournal {
  readonly #state = new BoardState();
  readonly #writer = randomUUID();
  readonly #file: number;
  readonly #sync: SharedSync;
  #read = 0;
  #count = 0;
  #rest = Buffer.alloc(0);
  /** Why the file is not used any more. */
  #broken: unknown = null;
  #isOpen = true;

  constructor(
    private readonly path: string,
    private readonly files: BoardFiles,
    private readonly clock: Clock,
  ) {
    this.#file = this.#calling("opening", () => files.open(path));
    this.#sync = new SharedSync(() => files.sync(this.#file));
  }

  /** The board as it is now, and the time. */
  look<Seen>(see: (state: BoardState, now: number) => Seen): Seen {
    this.#catchUp();
    return see(this.#state, this.#now());
  }

  async submit(command: BoardCommand): Promise<BoardAnswer> {
    const now = this.#now();
    this.#catchUp();
    const known = this.#state.judge(command, now);
    // What it is judged by may have been written by somebody who did not live to see it synced.
    const answer = known ?? this.#write(command, now);
    if (known === null || command.kind === "create" || command.kind === "move") await this.#synced();
    return answer;
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#broken ??= new UsageError(`the board in ${this.path} was closed: expected an open one; open it again.`);
    await this.#sync.done().catch(() => {});
    this.files.close(this.#file);
  }

  #now(): number {
    return Math.round(this.clock.now());
  }

  /** Writes a command, and finds out what it has come to among those of the others. */
  #write(command: BoardCommand, now: number): BoardAnswer {
    const token = `${this.#writer}/${++this.#count}`;
    const line = lineOf(textOfCommand({ token, now, command }));
    const taken = this.#calling("appending to", () => this.files.append(this.#file, line));
    if (taken !== line.length) throw this.#cutShort(taken, line.length);
    const answer = this.#catchUp(token);
    if (answer === null) throw this.#gone("another file than this process has written to");
    return answer;
  }

  /** Applies what was written since; gives the answer to the command with this token. */
  #catchUp(token: string | null = null): BoardAnswer | null {
    if (this.#broken !== null) throw this.#broken;
    const { bytes, isInPlace } = this.#calling("reading", () => this.files.inspect(this.#file));
    if (!isInPlace) throw this.#gone("that it was removed, or is no regular file");
    if (bytes < this.#read) throw damaged(this.path, bytes);
    if (bytes > JOURNAL_LIMIT) throw this.#tooLarge(bytes);
    try {
      return this.#applyUpTo(bytes, token);
    } catch (error) {
      // Half of what was read may have been applied.
      this.#broken = error;
      throw error;
    }
  }

  #applyUpTo(bytes: number, token: string | null): BoardAnswer | null {
    let answer: BoardAnswer | null = null;
    while (this.#read < bytes) {
      for (const text of this.#nextTexts()) {
        const found = commandOfText(text, this.path);
        const its = this.#state.apply(found.command, found.now);
        if (found.token === token) answer = its;
      }
    }
    return answer;
  }

  #nextTexts(): readonly string[] {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const count = this.#calling("reading", () => this.files.read(this.#file, chunk, this.#read));
    if (count === 0) throw damaged(this.path, this.#read);
    const all = Buffer.concat([this.#rest, chunk.subarray(0, count)]);
    const { texts, bytes } = readLines(all, this.path, this.#read - this.#rest.length);
    this.#rest = Buffer.from(all.subarray(bytes));
    this.#read += count;
    return texts;
  }

  async #synced(): Promise<void> {
    try {
      await this.#sync.done();
    } catch (error) {
      // After a failed sync nobody knows what is on disk: a second one that succeeds would say nothing about the first.
      this.#broken ??= storageFault("syncing", this.path, error, "unknown");
      throw this.#broken;
    }
  }

  #calling<T>(what: string, call: () => T, outcome: Outcome = "not-applied"): T {
    try {
      return call();
    } catch (error) {
      throw error instanceof CairnError ? error : storageFault(what, this.path, error, outcome);
    }
  }

  #cutShort(taken: number, wanted: number): CheckpointStorageError {
    return new CheckpointStorageError(
      `appending to ${this.path}: found room for ${taken} of ${wanted} bytes, expected all to be taken; nothing of it counts, free some space on this disk and try again.`,
    );
  }

  #gone(found: string): CheckpointStorageError {
    return new CheckpointStorageError(
      `the board in ${this.path} is lost: found ${found}, expected the file that was opened; see who has changed it, and open the board again.`,
    );
  }

  #tooLarge(bytes: number): LimitExceededError {
    return new LimitExceededError(
      `${this.path} has ${bytes} bytes: expected at most ${JOURNAL_LIMIT}; go on with a board of another name, and remove this one when its tasks are finished.`,
    );
  }
}
