import type { ChannelEntry } from "../core/channel.js";
import type { ChannelKeys } from "./channel-keys.js";
import { lifetimeOf, wholeOf } from "./channel-op-args.js";
import { DISOWN, FORGET, LOAD, REMOVE, RUN_OUT, SCAN_LISTS } from "./channel-run-scripts.js";
import { type Claim, checkFence } from "./claim.js";
import type { RedisConnection } from "./redis-connection.js";
import type { Errand } from "./redis-faults.js";
import { namesOf } from "./replies.js";
import type { Script } from "./script.js";

/** How much one script loads. */
const MOST_ENTRIES = 500;
const MOST_BYTES = 4 << 20;

/**
 * The contents of a run's channel, one after the other: each is loaded while readers see the one before, and removed when the next has
 * taken its place. In scripts that take a bounded time each.
 */
export class ChannelGenerations {
  readonly #connection: RedisConnection;

  constructor(
    private readonly runId: string,
    connection: RedisConnection,
    private readonly keys: ChannelKeys,
  ) {
    this.#connection = connection;
  }

  /** Throws `StaleOwnerError`. */
  async load(claim: Claim, entries: readonly ChannelEntry[], now: number): Promise<void> {
    const generation = String(claim.epoch);
    const keys = [this.keys.meta, this.keys.index(generation), this.keys.values(generation)];
    const errand: Errand = { what: `loading the channel of run ${this.runId}`, effect: "prepare", runId: this.runId };
    const server = await this.#connection.server();
    for (const args of loads(entries, now)) {
      checkFence(await server.run(errand, LOAD, keys, [generation, ...args]), claim, server.location);
    }
  }

  /** Has the generation of a claim, and all that tells of it, disappear after some time. */
  async runOut({ epoch, token }: Claim, keepMs: number): Promise<void> {
    const generation = String(epoch);
    const { meta } = this.keys;
    const whole = [this.keys.index(generation), this.keys.values(generation)];
    const stay = (keys: readonly string[], isEnd: boolean) =>
      this.#change(RUN_OUT, [meta, ...keys], [token, String(keepMs), isEnd ? "yes" : "no"]);
    await this.#eachLists(generation, (lists) => stay(lists, false));
    await stay(whole, true);
  }

  /** Removes a generation that is in use no more. */
  async remove(generation: string): Promise<void> {
    const { meta } = this.keys;
    const args = [generation, `old:${generation}`];
    await this.#eachLists(generation, (lists) => this.#change(REMOVE, [meta, ...lists], [generation, ""]));
    await this.#change(REMOVE, [meta, this.keys.index(generation), this.keys.values(generation)], args);
  }

  /** Removes everything. Whoever has the run cannot write it any more. */
  async removeAll(): Promise<void> {
    const { meta } = this.keys;
    const [, ...generations] = namesOf(await this.#change(DISOWN, [meta], []));
    for (const generation of generations) await this.remove(generation);
    await this.#change(FORGET, [meta], []);
  }

  async #eachLists(generation: string, action: (lists: readonly string[]) => Promise<unknown>): Promise<void> {
    let cursor = "0";
    do {
      const [next = "0", ...names] = namesOf(await this.#change(SCAN_LISTS, [this.keys.index(generation)], [cursor]));
      if (names.length > 0) await action(names.map((name) => this.keys.list(generation, name)));
      cursor = next;
    } while (cursor !== "0");
  }

  async #change(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const server = await this.#connection.server();
    const errand: Errand = { what: `clearing the channel of run ${this.runId}`, effect: "change", runId: this.runId };
    return (await server.run(errand, script, keys, args)).reply;
  }
}

/** The arguments of one script after the other. */
function* loads(entries: readonly ChannelEntry[], now: number): IterableIterator<readonly string[]> {
  let args: string[] = [];
  let bytes = 0;
  for (const [place, { key, value, expiresAt }] of entries.entries()) {
    const [kind, length, text] = wholeOf(value);
    args.push(key, kind, length, lifetimeOf(expiresAt, now), text);
    bytes += text.length;
    if (place < entries.length - 1 && args.length < 5 * MOST_ENTRIES && bytes < MOST_BYTES) continue;
    yield args;
    [args, bytes] = [[], 0];
  }
}
