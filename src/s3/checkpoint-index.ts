import type { Bucket } from "./bucket.js";
import { damaged } from "./faults.js";
import type { Entry, Head, Page } from "./head.js";
import { decodeEntries, encodeEntries } from "./head-codec.js";
import { inLanes } from "./lanes.js";
import type { RunLayout } from "./layout.js";

/** How many entries stand in the head before the oldest of them are moved to a page of their own. */
const RECENT = 128;
const PAGE = 64;

/** An entry, and the page it stands in; `null` for the head. */
export interface Located {
  readonly entry: Entry;
  readonly page: Page | null;
}

/** Which checkpoints a run has: the newest stand in its head, the others in pages that the head names. */
export class CheckpointIndex {
  constructor(
    private readonly bucket: Bucket,
    private readonly layout: RunLayout,
    private readonly runId: string,
  ) {}

  /** All entries, by seq. */
  async all(head: Head): Promise<Entry[]> {
    const pages = await inLanes(head.pages, (page) => this.#read(head, page));
    return [...pages.flat(), ...head.recent].sort((a, b) => a.seq - b.seq);
  }

  /** The entry with this seq, or `null`. Mostly it is known without reading a page. */
  async at(head: Head, seq: number): Promise<Located | null> {
    const recent = head.recent.find((entry) => entry.seq === seq);
    if (recent !== undefined) return { entry: recent, page: null };
    for (const page of head.pages) {
      if (seq < page.first || seq > page.last || page.gone.includes(seq)) continue;
      const entry = (await this.#read(head, page)).find((each) => each.seq === seq);
      if (entry !== undefined) return { entry, page };
    }
    return null;
  }

  /** The entry with this seq and id, or `null`. */
  async find(head: Head, { seq, id }: { readonly seq: number; readonly id: string }): Promise<Located | null> {
    const located = await this.at(head, seq);
    return located?.entry.id === id ? located : null;
  }

  /** The head with one entry more. The seq must be free. */
  async add(head: Head, entry: Entry, pageStamp: () => string): Promise<Head> {
    const recent = [...head.recent, entry].sort((a, b) => a.seq - b.seq);
    if (recent.length <= RECENT) return { ...head, recent };
    const oldest = recent.slice(0, PAGE);
    const page = pageOf(oldest, pageStamp());
    await this.bucket.put(this.#key(head, page), encodeEntries(oldest));
    return { ...head, recent: recent.slice(PAGE), pages: [...head.pages, page] };
  }

  /**
   * The head without an entry that it has. A page of which nothing is left is dropped; its object is left to a sweep, as others
   * may be about to read it.
   */
  remove(head: Head, { entry, page }: Located): Head {
    if (page === null) return { ...head, recent: head.recent.filter(({ seq }) => seq !== entry.seq) };
    const gone = [...page.gone, entry.seq];
    const pages = head.pages.flatMap((each) => (each !== page ? [each] : gone.length < page.count ? [{ ...page, gone }] : []));
    return { ...head, pages };
  }

  async #read(head: Head, page: Page): Promise<Entry[]> {
    const found = await this.bucket.get(this.#key(head, page));
    if (found === null) throw damaged(this.runId, "index", `a page missing, ${page.stamp}`);
    const gone = new Set(page.gone);
    return decodeEntries(found.bytes, this.runId).filter(({ seq }) => !gone.has(seq));
  }

  #key({ generation }: Head, { stamp }: Page): string {
    return this.layout.object(generation ?? "", "index", stamp);
  }
}

const pageOf = (entries: readonly Entry[], stamp: string): Page => ({
  stamp,
  first: entries[0]?.seq ?? 1,
  last: entries.at(-1)?.seq ?? 1,
  count: entries.length,
  gone: [],
});
