import type { CheckpointStore } from "../core/checkpoint.js";
import type { Host } from "../core/clock.js";
import { StaleOwnerError } from "../core/errors.js";
import type { AcquireOptions, RunWriter } from "../core/run-writer.js";

/** A lease is renewed this often within its time, so that one lost answer does not cost the run its owner. */
const RENEWALS = 3;

/** The hold a run has on its store: as long as it has it, nobody else writes the run. */
export class Ownership {
  #writer: RunWriter | null = null;
  #callOff: (() => void) | null = null;
  #isRenewing = false;
  #hasCounted = false;

  constructor(
    readonly store: CheckpointStore,
    private readonly runId: string,
    private readonly host: Host,
  ) {}

  /** Throws `RangeError` before the run was acquired and after it was let go of. */
  get writer(): RunWriter {
    if (this.#writer === null) throw new RangeError(`run ${this.runId} has not been acquired`);
    return this.#writer;
  }

  get isHeld(): boolean {
    return this.#writer !== null;
  }

  /** Makes the run ours, unless it is already. Throws `RunOwnedError`. */
  async acquire(options: AcquireOptions = {}): Promise<void> {
    this.#writer ??= await this.store.acquire(this.runId, options);
  }

  /** Counts a resume from a position of the run; resolves to how many in a row have not ended in good order, this one included. */
  async countResume(position: string): Promise<number> {
    this.#hasCounted = true;
    return this.writer.countResume(position);
  }

  /** The count of resumes stays although we let go. */
  keepCount(): void {
    this.#hasCounted = false;
  }

  /** Says again and again that we are alive, until the run is let go of; `onLost` hears if it was taken over. */
  keepUp(onLost: (error: StaleOwnerError) => void): void {
    const { leaseMs } = this.writer;
    if (leaseMs === null || this.#callOff !== null) return;
    this.#callOff = this.host.every(leaseMs / RENEWALS, () => void this.#renew(onLost));
  }

  async #renew(onLost: (error: StaleOwnerError) => void): Promise<void> {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    try {
      await this.#writer?.renew();
    } catch (error) {
      // What else went wrong may pass: the next commit tells whether the run is still ours.
      if (error instanceof StaleOwnerError && this.#writer !== null) onLost(error);
    } finally {
      this.#isRenewing = false;
    }
  }

  /** Lets go of the run. A failure is passed over: another can have it once it sees that we are gone. */
  async release(): Promise<void> {
    const writer = this.#writer;
    if (this.#hasCounted) await writer?.countResume(null).catch(() => {});
    this.#writer = null;
    this.#callOff?.();
    this.#callOff = null;
    await writer?.release().catch(() => {});
  }
}
