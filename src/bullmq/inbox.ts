import { setTimeout as delay } from "node:timers/promises";
import type { RedisLike } from "./connection.js";
import { type Letter, readLetter } from "./letter.js";
import { boxKey, type QueuePlace } from "./queue-names.js";
import { CLOSE_MS, within } from "./within.js";

/** How long a box is kept for an owner that gives no sign of life. */
const BOX_LIFE_MS = 30_000;
const BEAT_MS = BOX_LIFE_MS / 3;
const BLOCK_MS = 2_000;
/** When an answer is overdue, so that the link is taken for cut. */
const OVERDUE_MS = 15_000;
const LETTERS_AT_ONCE = 500;

/** What stands in a stream: each entry with its id and its fields in pairs. */
type Entries = readonly (readonly [string, readonly string[]])[];

interface InboxClients {
  /** Waits for letters; used for nothing else. */
  readonly reader: RedisLike;
  readonly client: RedisLike;
}

/** A box of letters in Redis. It is there as long as its owner lives, and by that others know. */
export class Inbox {
  #last = "0-0";
  #rounds = 0;
  #isClosed = false;
  #beat: NodeJS.Timeout | null = null;
  /** When the sign was sent that is not answered yet, in monotonic milliseconds. */
  #signSince: number | null = null;

  private constructor(
    readonly box: string,
    private readonly key: string,
    private readonly clients: InboxClients,
    private readonly take: (letter: Letter) => void,
  ) {}

  /** Makes a box and reads it until it is closed. */
  static async open(place: QueuePlace, box: string, clients: InboxClients, take: (letter: Letter) => void): Promise<Inbox> {
    const inbox = new Inbox(box, boxKey(place, box), clients, take);
    await inbox.giveSign();
    inbox.#beat = setInterval(() => inbox.#onBeat(), BEAT_MS).unref();
    void inbox.#read();
    return inbox;
  }

  /** Counts how often everything there was has been read. What was sent before one round begins is read by its end. */
  get rounds(): number {
    return this.#rounds;
  }

  /** For how long the server has not answered, in milliseconds. */
  get silentMs(): number {
    return this.#signSince === null ? 0 : performance.now() - this.#signSince;
  }

  /** Whether others may take its owner for gone. */
  get isLate(): boolean {
    return this.silentMs > BOX_LIFE_MS;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#beat !== null) clearInterval(this.#beat);
    this.clients.reader.disconnect();
    await within(CLOSE_MS, this.clients.client.call("DEL", this.key));
  }

  #onBeat(): void {
    // A link that was cut without a word takes commands and answers none.
    if (this.isLate) this.clients.client.disconnect(true);
    this.giveSign().catch(() => {});
  }

  /** Tells the server that the owner is there; resolves when it has heard. One sign is under way at a time. */
  async giveSign(): Promise<void> {
    if (this.#signSince !== null) return;
    this.#signSince = performance.now();
    try {
      if ((await this.clients.client.call("PEXPIRE", this.key, BOX_LIFE_MS)) !== 1) await this.#make();
    } finally {
      this.#signSince = null;
    }
  }

  /** Makes the box, or makes it again after it was lost. Letters may be numbered from the beginning then. */
  async #make(): Promise<void> {
    if (this.#isClosed) return;
    this.#last = "0-0";
    await this.clients.client.call("XADD", this.key, "*", "open", "");
    await this.clients.client.call("PEXPIRE", this.key, BOX_LIFE_MS);
  }

  async #read(): Promise<void> {
    while (!this.#isClosed) {
      try {
        this.#hear(await this.#next());
      } catch {
        if (!this.#isClosed) await delay(100);
      }
    }
  }

  async #next(): Promise<Entries> {
    const { reader } = this.clients;
    const overdue = setTimeout(() => reader.disconnect(true), OVERDUE_MS).unref();
    try {
      const reply = await reader.call("XREAD", "COUNT", LETTERS_AT_ONCE, "BLOCK", BLOCK_MS, "STREAMS", this.key, this.#last);
      return (reply as [string, Entries][] | null)?.[0]?.[1] ?? [];
    } finally {
      clearTimeout(overdue);
    }
  }

  #hear(entries: Entries): void {
    const last = entries.at(-1)?.[0];
    if (last !== undefined) {
      this.#last = last;
      // All but the last, which is as good as nothing: naming each of them would cost more.
      this.clients.client.call("XTRIM", this.key, "MINID", last).catch(() => {});
    }
    for (const [, fields] of entries) {
      for (let at = 0; at + 1 < fields.length; at += 2) {
        const letter = readLetter(String(fields[at]), String(fields[at + 1]));
        if (letter !== null) this.take(letter);
      }
    }
    this.#rounds++;
  }
}
