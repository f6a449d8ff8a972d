import type { ChannelBackend, ItemOf, WriteOptions } from "../core/channel.js";
import { StoredChannel } from "../core/stored-channel.js";

/** The channel as a task sees it: knows which writes were begun and have not ended, so that none is lost when the body returns. */
export class TaskChannel<State extends object> extends StoredChannel<State, ChannelBackend> {
  readonly #begun = new Set<Promise<unknown>>();

  /** The writes that were begun and have not ended; rejects if one of them fails. `null` if there are none. */
  get unfinished(): Promise<unknown> | null {
    return this.#begun.size === 0 ? null : Promise.all(this.#begun);
  }

  override set<Key extends keyof State & string>(key: Key, value: State[Key], options?: WriteOptions): Promise<void> {
    return this.#follow(super.set(key, value, options));
  }

  override delete(key: keyof State & string): Promise<boolean> {
    return this.#follow(super.delete(key));
  }

  override append<Key extends keyof State & string>(key: Key, item: ItemOf<State[Key]>, options?: WriteOptions): Promise<number> {
    return this.#follow(super.append(key, item, options));
  }

  override prepend<Key extends keyof State & string>(key: Key, item: ItemOf<State[Key]>, options?: WriteOptions): Promise<number> {
    return this.#follow(super.prepend(key, item, options));
  }

  override increment(key: keyof State & string, by?: number, options?: WriteOptions): Promise<number> {
    return this.#follow(super.increment(key, by, options));
  }

  override update<Key extends keyof State & string>(
    key: Key,
    fn: (value: State[Key] | undefined) => State[Key],
    options?: WriteOptions,
  ): Promise<State[Key]> {
    return this.#follow(super.update(key, fn, options));
  }

  #follow<Result>(write: Promise<Result>): Promise<Result> {
    const followed = write.finally(() => this.#begun.delete(followed));
    this.#begun.add(followed);
    return followed;
  }
}
