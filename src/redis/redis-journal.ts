import { UsageError } from "../core/errors.js";
import type { Journal } from "../core/journal.js";
import type { Turns } from "../core/turns.js";
import { type Claim, checkFence } from "./claim.js";
import { APPEND } from "./commit-scripts.js";
import type { RunScripts } from "./run-scripts.js";

/** Appends to the journal of a run, one record after the other, as long as its owner has the run. */
export class RedisJournal implements Journal {
  #length = 0;
  #broken: unknown = null;

  constructor(
    private readonly claim: Claim,
    private readonly seq: number,
    /** The serial of the commit that has begun it. */
    private readonly serial: number,
    private readonly scripts: RunScripts,
    private readonly turns: Turns,
  ) {}

  append(record: Uint8Array): Promise<void> {
    return this.turns.take(() => this.#append(record));
  }

  async close(): Promise<void> {
    await this.turns.take(async () => {
      this.#broken ??= this.#ended("was closed: found one more record, expected none; begin a new journal");
    });
  }

  /** After a failure nothing more is appended: a later record must not stand in the place of one that is missing. */
  async #append(record: Uint8Array): Promise<void> {
    if (this.#broken !== null) throw this.#broken;
    try {
      await this.#commit(record);
    } catch (error) {
      this.#broken = error;
      throw error;
    }
    this.#length++;
  }

  async #commit(record: Uint8Array): Promise<void> {
    const { runId, epoch, token } = this.claim;
    const serial = String(this.serial);
    const what = `appending record ${this.#length + 1} to the journal of run ${runId} after seq ${this.seq}`;
    const args = [String(epoch), token, serial, serial, String(this.#length), record];
    const answer = await this.scripts.run(runId, { what, effect: "save" }, APPEND, args);
    const [verdict] = checkFence(answer, this.claim, this.scripts.location);
    if (verdict === "replaced") {
      throw this.#ended("was replaced: found that its owner has begun another one, expected no more records; append to that one");
    }
  }

  #ended(how: string): UsageError {
    const { runId } = this.claim;
    return new UsageError(`the journal of run ${runId} after seq ${this.seq} ${how}.`, { runId });
  }
}
