import type { Redis } from "ioredis";
import type { RedisClient } from "../../src/redis/index.js";
import type { Script } from "../../src/redis/script.js";

type Call = readonly [command: string, args: (string | Buffer)[]];

/** A client that holds back the next command with a script as if it was lost, so that it is sent again, and delivers it late. */
export class LateClient implements RedisClient {
  #next: Script | null = null;
  #held: Call | null = null;

  constructor(private readonly client: Redis) {}

  holdNext(script: Script): void {
    this.#next = script;
  }

  /** The server gets now what was held; resolves to the words of its answer. */
  async deliver(): Promise<readonly string[]> {
    if (this.#held === null) throw new RangeError("nothing was held");
    return ((await this.client.callBuffer(...this.#held)) as readonly unknown[]).map(String);
  }

  async callBuffer(command: string, args: (string | Buffer)[]): Promise<unknown> {
    if (this.#next === null || (args[0] !== this.#next.sha1 && args[0] !== this.#next.text)) return this.client.callBuffer(command, args);
    this.#next = null;
    this.#held = [command, args];
    throw Object.assign(new Error("the connection is gone"), { code: "ECONNRESET" });
  }
}
