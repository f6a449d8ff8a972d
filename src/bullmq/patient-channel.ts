import { setTimeout as delay } from "node:timers/promises";
import type { ChannelBackend, ChannelOp } from "../core/channel.js";
import { StoreUnavailableError } from "../core/errors.js";
import type { StoredValue } from "../core/serialize/index.js";

const PAUSE_MS = 500;

/**
 * The channel of a run as bodies of a worker read it: a server that is away is waited for until the body is told to give up. That a
 * worker is cut off must not count as a failure of its task.
 */
export class PatientChannel implements ChannelBackend {
  constructor(
    private readonly channel: ChannelBackend,
    private readonly signal: AbortSignal,
  ) {}

  get kind(): string {
    return this.channel.kind;
  }

  read(key: string): Promise<StoredValue | undefined> {
    return this.#ask(() => this.channel.read(key));
  }

  length(key: string): Promise<number> {
    return this.#ask(() => this.channel.length(key));
  }

  keys(prefix: string): Promise<readonly string[]> {
    return this.#ask(() => this.channel.keys(prefix));
  }

  commit(ops: readonly ChannelOp[]): void | Promise<void> {
    return this.channel.commit(ops);
  }

  now(): number {
    return this.channel.now();
  }

  async #ask<Answer>(question: () => Answer | Promise<Answer>): Promise<Answer> {
    for (;;) {
      try {
        return await question();
      } catch (error) {
        if (!(error instanceof StoreUnavailableError) || this.signal.aborted) throw error;
      }
      await delay(PAUSE_MS, undefined, { signal: this.signal }).catch(() => {});
    }
  }
}
