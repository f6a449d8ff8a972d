import type { Redis } from "ioredis";
import type { RedisClient } from "../../src/redis/index.js";
import type { Script } from "../../src/redis/script.js";

type Call = readonly [command: string, args: (string | Buffer)[]];

/** A client that loses what it is told to lose: commands, which it can deliver late, or answers. */
export class HeldClient implements RedisClient {
  readonly #commands: Call[] = [];
  #lost: Script | null = null;
  #answersToLose = 0;
  /** How many answers were lost. */
  lostAnswers = 0;

  constructor(private readonly client: Redis) {}

  /** From now on this script gets lost on its way to the server; nothing does with `null`. */
  loseCommands(script: Script | null): void {
    this.#lost = script;
  }

  /** The server does what it is told next, so many times, and its answers get lost. */
  loseAnswers(count: number): void {
    this.#answersToLose = count;
  }

  /** The server gets now what was lost last; resolves to the words of its answer. */
  async deliverLast(): Promise<readonly string[]> {
    const reply = await this.client.callBuffer(...(this.#commands.at(-1) ?? ["ping", []]));
    return Array.isArray(reply) ? reply.map(String) : [String(reply)];
  }

  async callBuffer(command: string, args: (string | Buffer)[]): Promise<unknown> {
    const isLost = this.#lost !== null && (args[0] === this.#lost.sha1 || args[0] === this.#lost.text);
    if (isLost) this.#commands.push([command, args]);
    const reply = isLost ? null : await this.client.callBuffer(command, args);
    if (!isLost && this.#answersToLose === 0) return reply;
    if (!isLost) {
      this.#answersToLose--;
      this.lostAnswers++;
    }
    throw Object.assign(new Error("the connection is gone"), { code: "ECONNRESET" });
  }
}
