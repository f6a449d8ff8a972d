import type { CheckpointStore } from "../../src/core/checkpoint.js";
import { type CairnError, CommitOutcomeUnknownError, StoreUnavailableError } from "../../src/core/errors.js";
import type { Journal } from "../../src/core/journal.js";
import type { RunWriter } from "../../src/core/run-writer.js";
import { bytesOf, digestOf, recordOf, textOf } from "./records.js";

const STEPS = 5;

/**
 * Writes checkpoints, each followed by a few steps, and keeps books of what it was told. After each checkpoint and each journal it
 * holds what is stored against the books.
 */
export class StepLedger {
  readonly wrong: string[] = [];
  readonly counts = { confirmed: 0, refused: 0, unknown: 0 };
  /** The ids of the checkpoints that are stored. */
  readonly #stored: string[] = [];
  #attempts = 0;

  constructor(
    private readonly writer: RunWriter,
    /** The store as it is seen by somebody with patience. */
    private readonly seen: CheckpointStore,
  ) {}

  /** One checkpoint and its journal. */
  async round(): Promise<void> {
    const seq = this.#stored.length + 1;
    const id = `c${seq}.${++this.#attempts}`;
    const told = await this.#told(() => this.writer.put(recordOf(this.writer.runId, seq, id)));
    await this.#checkPut(id, told);
    if (this.#stored.length === seq) await this.#steps(seq);
  }

  async check(): Promise<void> {
    const found = await this.seen.list(this.writer.runId);
    if (found.map(({ id }) => id).join() !== this.#stored.join()) this.wrong.push("the list of checkpoints is not what was stored");
    for (const key of found) await this.#checkWhole(key.seq, key.id);
  }

  async #checkPut(id: string, told: Told): Promise<void> {
    const isThere = (await this.seen.find(id)) !== null;
    if (isThere !== (told === "confirmed") && told !== "unknown") this.wrong.push(`${id} was ${told}, and is there: ${isThere}`);
    if (isThere) this.#stored.push(id);
  }

  async #checkWhole(seq: number, id: string): Promise<void> {
    const { runId } = this.writer;
    const [found, given] = [await this.seen.read({ runId, seq, id }), recordOf(runId, seq, id)];
    const blob = textOf(await this.seen.readBlob(runId, digestOf(id)));
    if (textOf(found?.context ?? null) !== textOf(given.files.context) || blob !== id) this.wrong.push(`${id} is not whole`);
  }

  async #steps(seq: number): Promise<void> {
    const journal = await this.#begun(seq);
    if (journal === null) return;
    const confirmed: string[] = [];
    const possible: string[] = [];
    for (let n = 1; n <= STEPS; n++) {
      const text = `step ${n} after ${seq}`;
      const told = await this.#told(() => journal.append(bytesOf(text)));
      if (told === "confirmed") confirmed.push(text);
      if (told === "unknown") possible.push(text);
      if (told !== "confirmed") break;
    }
    const found = (await this.seen.readJournal(this.writer.runId, seq)).map(textOf).join();
    const allowed = [confirmed.join(), [...confirmed, ...possible].join()];
    if (!allowed.includes(found)) this.wrong.push(`the journal after ${seq} is "${found}", not one of "${allowed.join('" or "')}"`);
  }

  async #begun(seq: number): Promise<Journal | null> {
    let journal: Journal | null = null;
    await this.#told(async () => void (journal = await this.writer.beginJournal(seq)));
    return journal;
  }

  /** What the store says of a commit: nothing but these two errors is to be expected. */
  async #told(commit: () => Promise<void>): Promise<Told> {
    const told = await commit().then(
      () => "confirmed" as const,
      (error: unknown) => outcomeOf(error),
    );
    this.counts[told]++;
    return told;
  }
}

type Told = "confirmed" | "refused" | "unknown";

function outcomeOf(error: unknown): Told {
  if (error instanceof CommitOutcomeUnknownError && error.outcome === "unknown") return "unknown";
  if (error instanceof StoreUnavailableError && error.outcome === "not-applied") return "refused";
  throw error as CairnError;
}
