import type { ChannelOp, RunChannelBackend } from "../core/channel.js";
import { asItIs } from "../core/channel-ops.js";
import { LimitExceededError } from "../core/errors.js";
import type { Journal } from "../core/journal.js";
import { commitText } from "../core/journal-record.js";
import type { RunChange } from "../core/run-change.js";
import { STATE_LIMIT } from "../core/state-size.js";
import type { Ownership } from "./ownership.js";
import type { StepJournal } from "./run-wiring.js";

const encoder = new TextEncoder();

/** The steps of one record are read and replayed in one go. */
const LARGEST_RECORD = STATE_LIMIT / 2;

/** What a resume has to read and replay stays bounded, however long a run goes without a checkpoint. */
const LONG_BYTES = 16 * 1024 * 1024;

/** Keeps every commit of a run from one checkpoint to the next. Commits that end together are written together. */
export class RunJournal implements StepJournal {
  #journal: Journal | null = null;
  #commits: string[] = [];
  #bytes = 0;
  /** Why there is no journal. */
  #missing: unknown = new RangeError("no checkpoint has been stored that the journal could follow");

  constructor(
    private readonly ownership: Ownership,
    private readonly runId: string,
    private readonly channel: RunChannelBackend,
  ) {}

  get isLong(): boolean {
    return this.#bytes > LONG_BYTES;
  }

  get isBehind(): boolean {
    return this.#commits.length > 0;
  }

  /**
   * Notes a commit. The function of an `update` cannot be written down: keys that were updated are noted with what they
   * hold now.
   */
  note(changes: readonly RunChange[], ops: readonly ChannelOp[]): void {
    const updated = new Set(ops.flatMap((op) => (op.kind === "update" ? [op.key] : [])));
    const noted =
      updated.size === 0 ? ops : [...ops.filter((op) => !updated.has(op.key)), ...Array.from(updated, (key) => asItIs(this.channel, key))];
    this.#commits.push(commitText(changes, noted));
  }

  async flush(): Promise<void> {
    const commits = this.#commits;
    if (commits.length === 0) return;
    this.#commits = [];
    if (this.#journal === null) throw this.#missing;
    const record = encoder.encode(`[${commits.join(",\n")}]`);
    if (record.length > LARGEST_RECORD) throw this.#tooLarge(record.length);
    this.#bytes += record.length;
    await this.#journal.append(record);
  }

  async restart(seq: number): Promise<void> {
    this.#commits = [];
    this.#bytes = 0;
    await this.#letGo();
    try {
      this.#journal = await this.ownership.writer.beginJournal(seq);
    } catch (error) {
      this.#missing = error;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#letGo();
  }

  /** A journal that was let go of must not be written to, even if no other can be begun: its file may be another's by then. */
  async #letGo(): Promise<void> {
    const journal = this.#journal;
    this.#journal = null;
    await journal?.close();
  }

  #tooLarge(bytes: number): LimitExceededError {
    const message = `the steps of run ${this.runId} that ended together take ${bytes} bytes: expected at most ${LARGEST_RECORD}; write less in one step, or keep large values elsewhere and their address here.`;
    return new LimitExceededError(message, { runId: this.runId });
  }
}
