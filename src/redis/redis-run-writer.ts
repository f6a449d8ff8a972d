import type { CheckpointRecord } from "../core/checkpoint.js";
import { CheckpointWriteError, InvalidIdError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { Journal } from "../core/journal.js";
import type { RunWriter } from "../core/run-writer.js";
import { checkedRecord, isSeq, seqTaken } from "../core/store-checks.js";
import { Turns } from "../core/turns.js";
import { type Claim, checkFence } from "./claim.js";
import { BEGIN_JOURNAL, PUT } from "./commit-scripts.js";
import { damaged } from "./damaged.js";
import { LIST_RUN } from "./index-scripts.js";
import { COUNT_RESUME, RELEASE, RENEW } from "./owner-scripts.js";
import type { Errand } from "./redis-faults.js";
import { RedisJournal } from "./redis-journal.js";
import type { RunScripts } from "./run-scripts.js";
import type { Script } from "./script.js";

/** A server ends a connection that sends it a gigabyte at once. */
const LARGEST_PUT = 512 << 20;

/** Writes one run, one commit after the other. Each is a script that looks for the token of this owner first. */
export class RedisRunWriter implements RunWriter {
  readonly runId: string;
  readonly epoch: number;
  readonly #turns = new Turns();
  #isListed = false;
  /** How many commits were tried, and the last of them that was confirmed. */
  #serial = 0;
  #confirmed = 0;

  constructor(
    private readonly claim: Claim,
    readonly leaseMs: number,
    private readonly scripts: RunScripts,
  ) {
    this.runId = claim.runId;
    this.epoch = claim.epoch;
  }

  async renew(): Promise<void> {
    const { claim, scripts } = this;
    const errand: Errand = { what: `renewing the lease of run ${this.runId}`, effect: "change" };
    const args = [...this.#fence(this.#confirmed), String(this.leaseMs)];
    checkFence(await scripts.run(this.runId, errand, RENEW, args), claim, scripts.location);
  }

  async put(given: CheckpointRecord): Promise<void> {
    const record = checkedRecord(given, this.runId);
    const { runId, seq, id, files, blobs } = record;
    const errand: Errand = { what: `storing checkpoint ${id} (seq ${seq} of run ${runId})`, effect: "save", checkpointId: id };
    checkSize(record);
    const args = [String(seq), id, files.context, files.state, files.meta, ...[...blobs].flat()];
    await this.#turns.take(async () => {
      await this.#listRun();
      const [verdict, other] = await this.#commit(errand, PUT, args);
      if (verdict === "taken") throw seqTaken(record, `checkpoint ${other}`);
    });
  }

  beginJournal(seq: number): Promise<Journal> {
    const errand: Errand = { what: `beginning the journal of run ${this.runId} after seq ${String(seq)}`, effect: "save" };
    return this.#turns.take(async () => {
      if (!isSeq(seq)) {
        throw new InvalidIdError(`seq ${String(seq)} of a journal is not valid: expected a whole number from 1 to 2^53 - 1; count from 1.`);
      }
      await this.#commit(errand, BEGIN_JOURNAL, [String(seq)]);
      return new RedisJournal(this.claim, seq, this.#serial, this.scripts, this.#turns);
    });
  }

  countResume(position: string | null): Promise<number> {
    const errand: Errand = { what: `counting a resume of run ${this.runId}`, effect: "save" };
    return this.#turns.take(async () => {
      const [verdict, count] = await this.#commit(errand, COUNT_RESUME, position === null ? [] : [position]);
      if (verdict === "damaged") throw damaged(this.runId, this.scripts.location, `count of resumes ${quoted(count)}`, "a whole number");
      return Number(count);
    });
  }

  release(): Promise<void> {
    const errand: Errand = { what: `letting go of run ${this.runId}`, effect: "change" };
    return this.#turns.take(async () => {
      await this.scripts.run(this.runId, errand, RELEASE, [this.claim.token]);
    });
  }

  /** A serial is never used again, even by a commit that has failed: it may arrive late. */
  async #commit(errand: Errand, script: Script, args: readonly (string | Uint8Array)[]): Promise<readonly (string | null)[]> {
    const serial = ++this.#serial;
    const answer = await this.scripts.run(this.runId, errand, script, [...this.#fence(serial), ...args]);
    const words = checkFence(answer, this.claim, this.scripts.location);
    if (words[0] === "ok") this.#confirmed = serial;
    return words;
  }

  #fence(serial: number): readonly string[] {
    return [String(this.epoch), this.claim.token, String(this.#confirmed), String(serial)];
  }

  /** The index of runs lies elsewhere in a cluster: it is written before, and may name a run of which nothing is stored. */
  async #listRun(): Promise<void> {
    if (this.#isListed) return;
    const errand: Errand = { what: `listing run ${this.runId}`, effect: "prepare", runId: this.runId };
    await this.scripts.runOnIndex(errand, LIST_RUN, [this.runId, String(this.epoch)]);
    this.#isListed = true;
  }
}

function checkSize({ runId, seq, id, files, blobs }: CheckpointRecord): void {
  const bytes = [...Object.values(files), ...blobs.values()].reduce((sum, { length }) => sum + length, 0);
  if (bytes <= LARGEST_PUT) return;
  throw new CheckpointWriteError(
    `checkpoint ${id} (seq ${seq} of run ${runId}) is too large: found ${bytes} bytes, expected at most ${LARGEST_PUT} of documents and new values, as Redis takes no more at once; keep large values elsewhere and store where they are.`,
    { runId, checkpointId: id },
  );
}
