import { LinkError, linkErrorOf } from "./link-error.js";
import type { RedisClient } from "./redis-client.js";

/** A client with what is known of its connection. */
export interface Wire {
  readonly client: RedisClient;
  /** Why nothing can be sent at the moment, or `null`. */
  obstacle(): LinkError | null;
  end(): void;
}

/** Of a client that belongs to somebody else nothing is known, and it is not ended. */
export const givenWire = (client: RedisClient): Wire => ({ client, obstacle: () => null, end: () => {} });

/** Sends commands, and waits for no answer longer than it was told to. */
export class RedisLink {
  constructor(
    private readonly wire: Wire,
    private readonly limitMs: number,
  ) {}

  /** Throws `LinkError`. */
  async send(command: string, args: readonly (string | Buffer)[]): Promise<unknown> {
    const obstacle = this.wire.obstacle();
    if (obstacle !== null) throw obstacle;
    const answer = await this.#ask(command, [...args]).catch(linkErrorOf);
    this.#checkLogin(answer);
    if (answer instanceof LinkError) throw answer;
    return answer;
  }

  /** Whatever is sent before a login or choice of a database is refused, is answered as to another user, or by another database. */
  #checkLogin(answer: unknown): void {
    if (answer instanceof LinkError && answer.fate === "lost") return;
    const obstacle = this.wire.obstacle();
    if (obstacle?.fate === "refused") throw obstacle;
  }

  async #ask(command: string, args: (string | Buffer)[]): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new LinkError("lost", "ETIMEDOUT", `no answer in ${this.limitMs} ms`)), this.limitMs);
    });
    try {
      return await Promise.race([this.wire.client.callBuffer(command, args), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
