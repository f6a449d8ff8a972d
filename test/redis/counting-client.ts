import type { Redis } from "ioredis";
import type { RedisClient } from "../../src/redis/index.js";

/** A client that counts what it sends. */
export class CountingClient implements RedisClient {
  commands = 0;
  bytes = 0;
  /** The most bytes that one command had. */
  largest = 0;

  constructor(private readonly client: Redis) {}

  callBuffer(command: string, args: (string | Buffer)[]): Promise<unknown> {
    const bytes = args.reduce((sum, arg) => sum + Buffer.byteLength(arg), command.length);
    this.commands++;
    this.bytes += bytes;
    this.largest = Math.max(this.largest, bytes);
    return this.client.callBuffer(command, args);
  }

  /** What was sent since it was asked last. */
  take(): { readonly commands: number; readonly bytes: number; readonly largest: number } {
    const { commands, bytes, largest } = this;
    Object.assign(this, { commands: 0, bytes: 0, largest: 0 });
    return { commands, bytes, largest };
  }
}
