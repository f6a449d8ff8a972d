import { CairnError, UsageError } from "../core/errors.js";
import { Patience } from "../host/patience.js";
import { Connections, type Query, type Row } from "./connections.js";
import { commitFaultOf, type Errand, explained, type Fault, faultOf } from "./postgres-faults.js";
import type { PostgresPool } from "./postgres-pool.js";

/**
 * What a transaction does. It may be done again after an attempt that was undone, or one whose answer was lost (`isUnsure`), and
 * must see then what it has done already. What it refuses it throws as a `CairnError`.
 */
export type Work<T> = (query: Query, isUnsure: boolean) => Promise<T>;

/** One attempt at a transaction, as far as it matters to the next. */
interface Progress {
  isCommitting: boolean;
  isUnsure: boolean;
}

/** A database that may be away for a while: what can be repeated is repeated, and what fails is told truly. */
export class Database {
  readonly #connections: Connections;
  readonly #begin: string;
  #isClosed = false;

  constructor(
    pool: PostgresPool,
    readonly location: string,
    private readonly limitMs: number,
  ) {
    this.#connections = new Connections(pool, limitMs);
    this.#begin = beginning(limitMs);
  }

  /** From now on nothing is asked any more, nor tried again. */
  close(): void {
    this.#isClosed = true;
  }

  /** Asks with one statement that changes nothing. */
  read(errand: Errand, text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.#persist(errand, () => this.#connections.use((query) => query(text, values), isVerdict));
  }

  /** Does some work in a transaction; resolves when it is committed and would survive a power cut. */
  write<T>(errand: Errand, work: Work<T>): Promise<T> {
    return this.#persist(errand, (progress) => this.#connections.use((query) => this.#transact(query, work, progress), isVerdict));
  }

  async #transact<T>(query: Query, work: Work<T>, progress: Progress): Promise<T> {
    await query(this.#begin);
    try {
      const result = await work(query, progress.isUnsure);
      progress.isCommitting = true;
      await query("COMMIT");
      return result;
    } catch (error) {
      if (isVerdict(error)) await query("ROLLBACK");
      throw error;
    }
  }

  /**
   * Tries again what was undone. A commit without an answer may have been applied or not: done again it finds out, since it waits
   * for the locks of the first.
   */
  async #persist<T>(errand: Errand, attempt: (progress: Progress) => Promise<T>): Promise<T> {
    const progress: Progress = { isCommitting: false, isUnsure: false };
    let patience = new Patience(this.limitMs);
    for (;;) {
      if (this.#isClosed && !progress.isUnsure) throw this.#closed(errand);
      try {
        return await attempt(progress);
      } catch (error) {
        if (isVerdict(error)) throw error;
        const fault = progress.isCommitting ? commitFaultOf(error) : faultOf(error);
        if (progress.isCommitting && !progress.isUnsure && fault === "lost") {
          progress.isUnsure = true;
          patience = new Patience(this.limitMs);
        }
        progress.isCommitting = false;
        const isOver = !this.#mayPass(fault) || !(await patience.pause());
        if (isOver) throw explained(error, errand, this.location, progress.isUnsure);
      }
    }
  }

  /** A server that was never there is not waited for: its address may be wrong. */
  #mayPass(fault: Fault): boolean {
    if (this.#isClosed) return false;
    return fault === "conflict" || (fault === "lost" && this.#connections.hasAnswered);
  }

  #closed({ what }: Errand): UsageError {
    return new UsageError(
      `${what} failed, as the store at ${this.location} was closed: expected it to be open; call open() and acquire the run again.`,
    );
  }
}

/** Whether the work itself has found it, on a sound connection. */
const isVerdict = (error: unknown): error is CairnError => error instanceof CairnError;

/**
 * A process that was stopped inside a transaction holds its locks. The server ends such a transaction before others give up
 * waiting for it, which they do before their statement is late.
 */
function beginning(limitMs: number): string {
  const limits = [
    ["statement_timeout", limitMs],
    ["lock_timeout", Math.ceil(limitMs * 0.75)],
    ["idle_in_transaction_session_timeout", Math.ceil(limitMs * 0.5)],
  ];
  return [
    "BEGIN ISOLATION LEVEL READ COMMITTED",
    ...limits.map(([name, ms]) => `SET LOCAL ${name} = ${ms}`),
    "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'",
  ].join(";");
}
