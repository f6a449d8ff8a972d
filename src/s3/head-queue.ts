import { StoreUnavailableError } from "../core/errors.js";
import { contains, type Head, nextHead } from "./head.js";
import { type HeadObject, rolledBack, type StoredHead } from "./head-object.js";
import { newToken } from "./stamps.js";
import { pause } from "./transport.js";

/** A head after a change, the same one if there is nothing to change, and what the change gives. */
export interface Changed<Value> {
  readonly head: Head;
  readonly value: Value;
}

/** Makes the next head out of one, or throws to refuse. It may be asked again, with another head. */
export type Change<Value> = (head: Head) => Changed<Value> | Promise<Changed<Value>>;

interface Job {
  readonly change: Change<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A head after some changes, and what tells those who asked for them. */
interface Evaluated {
  readonly head: Head;
  readonly answers: readonly (() => void)[];
}

const TURNS = 60;
/** Others who change the same head make progress all the time, so it is not waited for longer and longer. */
const LONGEST_PAUSE = 4;

/**
 * Makes all changes to one head that come from this store, one after the other; those that wait are made together, with one
 * request. A change starts from the head as it is known, which the request itself proves: what was refused on an old one is tried
 * on the new one.
 */
export class HeadQueue {
  #known: StoredHead | null = null;
  #newest = 0;
  #waiting: Job[] = [];
  #isBusy = false;
  #count = 0;
  readonly #token = newToken();

  constructor(
    private readonly object: HeadObject,
    private readonly location: string,
  ) {}

  /** Resolves to what the change gives once it is stored. Throws what the change throws, or what keeps it from being stored. */
  change<Value>(change: Change<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve: resolve as (value: unknown) => void, reject });
      if (!this.#isBusy) void this.#work();
    });
  }

  /** The head as it is known, which may have been changed by others since. */
  async latest(): Promise<Head> {
    return (this.#known ?? (await this.object.read())).head;
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) {
      // Those that are asked for in the same moment are made together.
      await null;
      const jobs = this.#waiting.splice(0);
      try {
        for (const answer of await this.#make(jobs)) answer();
      } catch (error) {
        this.#known = null;
        for (const { reject } of jobs) reject(error);
      }
    }
    this.#isBusy = false;
  }

  /** Makes some changes together; resolves to the answers to be given. */
  async #make(jobs: readonly Job[]): Promise<Evaluated["answers"]> {
    let refused: Evaluated | null = null;
    for (let turn = 1; turn <= TURNS; turn++) {
      const isFresh = this.#known === null;
      const base = this.#known ?? (await this.#read());
      if (refused !== null && contains(base.head, refused.head) === true) {
        this.#known = base;
        return refused.answers;
      }
      const { head, answers } = await evaluate(jobs, base.head);
      if (head === base.head) {
        this.#known = isFresh ? base : null;
        if (isFresh) return answers;
        continue;
      }
      const next = nextHead(head, `${this.#token}.${++this.#count}`);
      this.#known = await this.object.replace(base, next);
      this.#newest = Math.max(this.#newest, this.#known?.head.revision ?? 0);
      if (this.#known !== null) return answers;
      // A proxy may have sent the request twice, so that it was refused because of itself.
      refused = { head: next, answers };
      if (turn > 1) await pause(Math.min(turn - 1, LONGEST_PAUSE));
    }
    const { runId } = this.object;
    throw new StoreUnavailableError(
      `run ${runId} in ${this.location} could not be changed: found it changed by others ${TURNS} times, expected a moment without; see how many processes work on it, and try again.`,
      { runId },
    );
  }

  async #read(): Promise<StoredHead> {
    const newest = this.#newest;
    const found = await this.object.read();
    this.#newest = found.head.revision;
    if (found.head.revision < newest) throw rolledBack(this.object.runId, this.location, found.head.revision, newest);
    return found;
  }
}

/** Makes changes one after the other, in memory. One that is refused leaves the others as they are. */
async function evaluate(jobs: readonly Job[], base: Head): Promise<Evaluated> {
  let head = base;
  const answers: (() => void)[] = [];
  for (const { change, resolve, reject } of jobs) {
    try {
      const changed = await change(head);
      head = changed.head;
      answers.push(() => resolve(changed.value));
    } catch (error) {
      answers.push(() => reject(error));
    }
  }
  return { head, answers };
}
