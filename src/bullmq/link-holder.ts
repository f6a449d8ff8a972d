import { UsageError } from "../core/errors.js";
import { answered } from "./answered.js";
import { openRunLink, type RunLink } from "./run-link.js";
import type { RunQueueSettings } from "./run-queue-options.js";

/** Opens a link when it is first used. One that is not kept open is closed when its last use has ended. */
export class LinkHolder {
  readonly #settings: RunQueueSettings;
  #opening: Promise<RunLink> | null = null;
  #uses = 0;
  #isClosed = false;

  constructor(
    settings: RunQueueSettings,
    private readonly staysOpen: boolean,
  ) {
    this.#settings = settings;
  }

  /** Asks the server something that it should answer soon. Throws `StoreUnavailableError`. */
  ask<Value>(question: (link: RunLink) => Promise<Value>): Promise<Value> {
    return this.use((link) => answered(this.#settings.patienceMs, question(link)));
  }

  /** Uses a link for as long as that takes. Throws what `openRunLink` throws, `UsageError` once it is closed. */
  async use<Value>(work: (link: RunLink) => Promise<Value>): Promise<Value> {
    if (this.#isClosed) throw closed();
    this.#uses++;
    try {
      return await work(await this.#open());
    } catch (error) {
      // What a client says that was ended while it was asked.
      throw this.#isClosed && error instanceof Error && error.message === "Connection is closed." ? closed() : error;
    } finally {
      this.#uses--;
      if (this.#uses === 0 && !this.staysOpen) await this.#letGo();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#letGo();
  }

  #open(): Promise<RunLink> {
    const opening = this.#opening ?? openRunLink(this.#settings);
    this.#opening = opening;
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = null;
    });
    return opening;
  }

  async #letGo(): Promise<void> {
    const opening = this.#opening;
    this.#opening = null;
    await (await opening?.catch(() => null))?.close();
  }
}

const closed = (): UsageError => new UsageError("the queue of runs was closed: make another with runQueue.");
