import { expect } from "vitest";
import { CHECKPOINT_FILES, type CheckpointRecord, type CheckpointStore } from "../../src/core/checkpoint.js";
import { CairnError, type Outcome } from "../../src/core/errors.js";

interface Entry<What> {
  readonly what: What;
  readonly outcome: Outcome;
}

/** Notes what a store says it has done, and holds it against what is stored. */
export class Ledger {
  readonly counts = new Map<string, number>();
  readonly #puts: Entry<CheckpointRecord>[] = [];
  #journal: { readonly seq: number; readonly steps: Entry<string>[] } | null = null;

  constructor(
    private readonly runId: string,
    /** A way to the store that meets no faults. */
    private readonly store: CheckpointStore,
  ) {}

  /** Does something to the store, and counts how that ended; resolves to its result, or to `null` after an error. */
  async try<T>(what: string, action: () => Promise<T>): Promise<{ readonly outcome: Outcome; readonly result: T | null }> {
    try {
      const result = await action();
      this.#count(`${what} applied`);
      return { outcome: "applied", result };
    } catch (error) {
      if (!(error instanceof CairnError)) throw error;
      const refusal = what === "acquire" ? "CHECKPOINT_STORAGE" : "CHECKPOINT_WRITE";
      const expected = ["STORE_UNAVAILABLE", "COMMIT_OUTCOME_UNKNOWN", refusal];
      expect(expected, `${error.code}: ${error.message}`).toContain(error.code);
      expect(error.outcome === "unknown").toBe(error.code === "COMMIT_OUTCOME_UNKNOWN");
      this.#count(`${what} ${error.code}`);
      return { outcome: error.outcome, result: null };
    }
  }

  notePut(what: CheckpointRecord, outcome: Outcome): void {
    this.#puts.push({ what, outcome });
  }

  noteJournal(seq: number): void {
    this.#journal = { seq, steps: [] };
  }

  /** Of a journal of which nobody knows whether it was begun, nothing is known. */
  forgetJournal(): void {
    this.#journal = null;
  }

  noteStep(what: string, outcome: Outcome): void {
    this.#journal?.steps.push({ what, outcome });
  }

  /** All that was confirmed is there once, and nothing that was not applied. */
  async check(): Promise<void> {
    const keys = await this.store.list(this.runId);
    const found = keys.map(({ id }) => id);
    expect(new Set(found).size).toBe(found.length);
    expect(found).toEqual(
      agreeing(
        this.#puts.map(({ what, outcome }) => ({ what: what.id, outcome })),
        found,
      ),
    );
    if (this.#journal === null) return;
    const { seq, steps } = this.#journal;
    const records = (await this.store.readJournal(this.runId, seq)).map((bytes) => new TextDecoder().decode(bytes));
    expect(records).toEqual(agreeing(steps, records));
  }

  /** Every checkpoint that is there has the bytes it was given. */
  async checkBytes(): Promise<void> {
    for (const { what } of this.#puts) {
      const files = await this.store.read(what);
      if (files === null) continue;
      for (const name of CHECKPOINT_FILES) expect(files[name]).toEqual(Buffer.from(what.files[name]));
      for (const [digest, bytes] of what.blobs) expect(await this.store.readBlob(what.runId, digest)).toEqual(Buffer.from(bytes));
    }
  }

  #count(how: string): void {
    this.counts.set(how, (this.counts.get(how) ?? 0) + 1);
  }
}

/** What must be stored, given that what is unknown may be. */
function agreeing(entries: readonly Entry<string>[], found: readonly string[]): string[] {
  return entries
    .filter(({ what, outcome }) => outcome === "applied" || (outcome === "unknown" && found.includes(what)))
    .map(({ what }) => what);
}
