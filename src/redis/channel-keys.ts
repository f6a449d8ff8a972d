/** No run can be called like this. */
const SHARED = "_shared";

/** The keys of one channel. What stands in braces puts them in one slot of a cluster. */
export class ChannelKeys {
  readonly #base: string;

  private constructor(prefix: string, owner: string) {
    this.#base = `${prefix}:{${owner}}:channel`;
  }

  static ofRun(prefix: string, runId: string): ChannelKeys {
    return new ChannelKeys(prefix, runId);
  }

  static shared(prefix: string): ChannelKeys {
    return new ChannelKeys(prefix, SHARED);
  }

  /** Of a run: drawn, epoch, token, seq, steps, generation, and `old:<generation>` for each that is to be removed. Else: stamp. */
  get meta(): string {
    return this.#base;
  }

  /** Key of the channel -> head of its value, as in `a 17 1700000000000 3`: kind, stamp, when it runs out or `-`, length. */
  index(generation: string): string {
    return `${this.#base}:${generation}:index`;
  }

  /** Key of the channel -> document, of values (`v`) and arrays that were set as a whole (`a`). */
  values(generation: string): string {
    return `${this.#base}:${generation}:values`;
  }

  /** The pieces of a list that was added to (`l`): `i` and the document of an item, or `s` and that of an array of some. */
  list(generation: string, key: string): string {
    return `${this.#base}:${generation}:list:${key}`;
  }

  /** The seq of the newest commit of one that writes without being the owner of a run. */
  client(id: string): string {
    return `${this.#base}:client:${id}`;
  }
}
