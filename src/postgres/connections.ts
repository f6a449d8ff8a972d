import { inTime } from "./in-time.js";
import type { PostgresClient, PostgresPool } from "./postgres-pool.js";

/** A row as the server writes it, whatever parsers the pool has: use `::text`-like numbers, `t` and `f`, and base64 for bytes. */
export type Row = Readonly<Record<string, string | null>>;

/** Sends one statement and resolves to its rows. */
export type Query = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

/** Lends connections of a pool, and waits for nothing longer than it was told to. */
export class Connections {
  #hasAnswered = false;

  constructor(
    private readonly pool: PostgresPool,
    private readonly limitMs: number,
  ) {}

  /** Whether the server was ever there. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** Borrows a connection. `isSound` says whether it may be used again after an error. */
  async use<T>(action: (query: Query) => Promise<T>, isSound: (error: unknown) => boolean): Promise<T> {
    const client = await this.#borrow();
    let isBroken = false;
    try {
      return await action((text, values = []) => this.#ask(client, text, values));
    } catch (error) {
      isBroken = !isSound(error);
      throw error;
    } finally {
      client.release(isBroken);
      client.off("error", ignore);
    }
  }

  async #borrow(): Promise<PostgresClient> {
    const client = await inTime(this.pool.connect(), this.limitMs, (late) => late.release());
    // One that dies between two statements says so by an event, which would end the process; the next statement fails anyway.
    client.on("error", ignore);
    this.#hasAnswered = true;
    return client;
  }

  /** Inside a transaction the server gives up by itself; twice its time is for one that has stopped altogether. */
  async #ask(client: PostgresClient, text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    const answer = client.query({ text, values: [...values], types: asText });
    const { rows } = await inTime(answer, 2 * this.limitMs, () => {});
    return rows as readonly Row[];
  }
}

const asText = { getTypeParser: () => (text: string) => text };

const ignore = (): void => {};
