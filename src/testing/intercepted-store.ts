import type { CheckpointKey, CheckpointRecord, CheckpointStore } from "../core/checkpoint.js";
import type { Journal } from "../core/journal.js";
import type { AcquireOptions, RunWriter } from "../core/run-writer.js";

/** The calls of a store, of the writers of its runs, and of their journals (`append`, `closeJournal`). */
export const STORE_CALLS = [
  ...(["open", "acquire", "owner", "list", "find", "read", "readBlob", "readJournal", "delete", "blobs", "deleteBlob"] as const),
  ...(["pin", "pins", "runs", "deleteRun", "close", "renew", "put", "beginJournal", "countResume", "release"] as const),
  ...(["append", "closeJournal"] as const),
];
export type StoreCall = (typeof STORE_CALLS)[number];

/** What stands between a store and its callers: has a call go on, or not. `subject` is what is written, if anything is. */
export type Intercept = <T>(call: StoreCall, proceed: () => Promise<T>, subject?: CheckpointRecord | Uint8Array | number) => Promise<T>;

/** A store whose every call goes through one function. */
export class InterceptedStore implements CheckpointStore {
  constructor(
    private readonly inner: CheckpointStore,
    private readonly intercept: Intercept,
  ) {}

  get kind(): string {
    return this.inner.kind;
  }
  get location(): string {
    return this.inner.location;
  }

  open = () => this.intercept("open", () => this.inner.open());
  acquire = (runId: string, options?: AcquireOptions) =>
    this.intercept("acquire", async () => interceptedWriter(await this.inner.acquire(runId, options), this.intercept));
  owner = (runId: string) => this.intercept("owner", () => this.inner.owner(runId));
  list = (runId: string) => this.intercept("list", () => this.inner.list(runId));
  find = (id: string) => this.intercept("find", () => this.inner.find(id));
  read = (key: CheckpointKey) => this.intercept("read", () => this.inner.read(key));
  readBlob = (runId: string, digest: string) => this.intercept("readBlob", () => this.inner.readBlob(runId, digest));
  readJournal = (runId: string, seq: number) => this.intercept("readJournal", () => this.inner.readJournal(runId, seq));
  delete = (key: CheckpointKey) => this.intercept("delete", () => this.inner.delete(key));
  blobs = (runId: string) => this.intercept("blobs", () => this.inner.blobs(runId));
  deleteBlob = (runId: string, digest: string, isUnused?: () => Promise<boolean>) =>
    this.intercept("deleteBlob", () => this.inner.deleteBlob(runId, digest, isUnused));
  pin = (key: CheckpointKey, pinned: boolean) => this.intercept("pin", () => this.inner.pin(key, pinned));
  pins = (runId: string) => this.intercept("pins", () => this.inner.pins(runId));
  runs = () => this.intercept("runs", () => this.inner.runs());
  deleteRun = (runId: string) => this.intercept("deleteRun", () => this.inner.deleteRun(runId));
  close = () => this.intercept("close", () => this.inner.close());
}

function interceptedWriter(writer: RunWriter, intercept: Intercept): RunWriter {
  const { runId, epoch, leaseMs } = writer;
  return {
    runId,
    epoch,
    leaseMs,
    renew: () => intercept("renew", () => writer.renew()),
    put: (record) => intercept("put", () => writer.put(record), record),
    beginJournal: (seq) => intercept("beginJournal", async () => interceptedJournal(await writer.beginJournal(seq), intercept), seq),
    countResume: (position) => intercept("countResume", () => writer.countResume(position)),
    release: () => intercept("release", () => writer.release()),
  };
}

const interceptedJournal = (journal: Journal, intercept: Intercept): Journal => ({
  append: (record) => intercept("append", () => journal.append(record), record),
  close: () => intercept("closeJournal", () => journal.close()),
});
