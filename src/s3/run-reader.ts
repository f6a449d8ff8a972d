import { CHECKPOINT_FILES, type CheckpointFile, type CheckpointKey } from "../core/checkpoint.js";
import { CheckpointCorruptError } from "../core/errors.js";
import type { RunOwner } from "../core/run-writer.js";
import { unwrap } from "./envelope.js";
import { damaged } from "./faults.js";
import { blobName, type Head, type HeadJournal, hasCheckpoints, isHidden } from "./head.js";
import { inLanes } from "./lanes.js";
import { isAlive } from "./lease.js";
import type { RunPlace } from "./run-place.js";
import { isBlobName } from "./stamps.js";

type Documents = Readonly<Record<CheckpointFile, Uint8Array | null>>;

/** Reads one run: its head, and then what that names. */
export class RunReader {
  constructor(private readonly place: RunPlace) {}

  async owner(): Promise<RunOwner | null> {
    const { owner, epoch } = await this.head();
    return owner && { epoch, isAlive: isAlive(owner, this.place.bucket.now()), description: owner.description };
  }

  async head(): Promise<Head> {
    return (await this.place.object.read()).head;
  }

  /** A run whose head is damaged counts, so that somebody finds it. */
  async hasCheckpoints(): Promise<boolean> {
    return this.head().then(hasCheckpoints, (error: unknown) => {
      if (error instanceof CheckpointCorruptError) return true;
      throw error;
    });
  }

  async list(): Promise<CheckpointKey[]> {
    const { runId, index } = this.place;
    const entries = await this.#read((head) => index.all(head));
    return entries.map(({ seq, id }) => ({ runId, seq, id }));
  }

  async documents(key: CheckpointKey): Promise<Documents | null> {
    const { index, layout } = this.place;
    const bytes = await this.#read(async (head) => {
      const located = await index.find(head, key);
      return located && this.#object(layout.documents(head.generation ?? "", located.entry));
    });
    if (bytes === null) return null;
    const parts = bytes instanceof Missing ? [] : (unwrap(bytes)?.parts ?? []);
    const [context = null, state = null, meta = null] = parts.length === CHECKPOINT_FILES.length ? parts : [];
    return { context, state, meta };
  }

  async blob(digest: string): Promise<Uint8Array | null> {
    const { bucket, layout } = this.place;
    const bytes = await this.#read(async (head) => {
      const name = blobName(head, digest);
      if (head.generation === null || isHidden(head, name, bucket.now())) return null;
      return this.#object(layout.object(head.generation, "blobs", name));
    });
    return bytes instanceof Missing ? null : bytes;
  }

  /** The digests of all blobs that can be found, sorted. */
  async blobs(): Promise<string[]> {
    const { bucket, layout } = this.place;
    const head = await this.head();
    if (head.generation === null) return [];
    const folder = layout.kind(head.generation, "blobs");
    const names = (await bucket.list(folder)).map((key) => key.slice(folder.length)).filter(isBlobName);
    const found = names.filter((name) => blobName(head, digestOf(name)) === name && !isHidden(head, name, bucket.now()));
    return found.map(digestOf).sort();
  }

  async journal(seq: number): Promise<Uint8Array[]> {
    return this.#read(async (head) => {
      const { journal } = head;
      if (journal?.seq !== seq) return [];
      const segments = await inLanes(journal.segments, (stamp) => this.#segment(head, stamp));
      return [...segments.flat(), ...tailOf(journal)];
    });
  }

  async #segment(head: Head, stamp: string): Promise<readonly Uint8Array[]> {
    const found = await this.place.bucket.get(this.place.layout.object(head.generation ?? "", "journal", stamp));
    const records = found && unwrap(found.bytes);
    if (records?.isIntact === true) return records.parts;
    throw damaged(this.place.runId, "journal", found === null ? `a part missing, ${stamp}` : `bytes of another digest in ${stamp}`);
  }

  async #object(key: string): Promise<Uint8Array | Missing> {
    return (await this.place.bucket.get(key))?.bytes ?? new Missing(key);
  }

  /**
   * What a head names may be removed while it is looked for: then it is looked for anew. What is missed a second time was not
   * removed: it was gone already when the later head was read, which names only what is there.
   */
  async #read<Value>(look: (head: Head) => Promise<Value>): Promise<Value> {
    for (let missed: string | null = null; ; ) {
      const head = await this.head();
      const found = await look(head).catch(asDamage);
      const missing = found instanceof Missing ? found.key : found instanceof CheckpointCorruptError ? found.message : null;
      if (missing === null || missing === missed || (await this.head()).revision === head.revision) {
        if (found instanceof CheckpointCorruptError) throw found;
        return found;
      }
      missed = missing;
    }
  }
}

/** What a read comes to if an object is not there that the head names. */
class Missing {
  constructor(readonly key: string) {}
}

function asDamage(error: unknown): CheckpointCorruptError {
  if (error instanceof CheckpointCorruptError) return error;
  throw error;
}

const tailOf = ({ tail }: HeadJournal): Uint8Array[] => tail.map((text) => new Uint8Array(Buffer.from(text, "base64")));

/** Of a blob, by the name of its object. */
const digestOf = (name: string): string => name.slice(0, 64);
