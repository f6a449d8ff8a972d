import type { ChannelOp, RunChannelBackend } from "../core/channel.js";
import type { Journal, JournalStore } from "../core/journal.js";
import { commitText } from "../core/journal-record.js";
import type { RunChange } from "../core/run-change.js";
import type { StepJournal } from "./run-wiring.js";

const encoder = new TextEncoder();

/** Keeps every commit of a run from one checkpoint to the next. Commits that end together are written together. */
export class RunJournal implements StepJournal {
  #journal: Journal | null = null;
  #commits: string[] = [];

  constructor(
    private readonly store: JournalStore,
    private readonly runId: string,
    private readonly channel: RunChannelBackend,
  ) {}

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
      updated.size === 0 ? ops : [...ops.filter((op) => !updated.has(op.key)), ...Array.from(updated, (key) => this.#given(key))];
    this.#commits.push(commitText(changes, noted));
  }

  async flush(): Promise<void> {
    const commits = this.#commits;
    if (commits.length === 0) return;
    this.#commits = [];
    if (this.#journal === null) throw new RangeError("no checkpoint has been stored that the journal could follow");
    await this.#journal.append(encoder.encode(`[${commits.join(",\n")}]`));
  }

  async restart(seq: number): Promise<void> {
    this.#commits = [];
    await this.#letGo();
    this.#journal = await this.store.begin(this.runId, seq);
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

  #given(key: string): ChannelOp {
    const entry = this.channel.entry(key);
    return entry === undefined ? { kind: "delete", key } : { kind: "set", key, value: entry.value, expiresAt: entry.expiresAt };
  }
}
