import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CheckpointCorruptError,
  type CheckpointKey,
  type CheckpointStore,
  canResume,
  ExecutionContext,
  FileCheckpointStore,
  openCheckpointStore,
} from "cairnflow";
import type { CheckpointFile } from "../../src/core/checkpoint.js";
import { systemFs } from "../../src/file/durable-fs.js";
import { flipped } from "./flipped.js";
import { instantClock } from "./instant-clock.js";
import { training } from "./realistic-runs.js";

/** The checkpoints that are kept of the run, oldest first; the rest would only take time to verify. */
const KEPT = 3;
const RUN_ID = "training-1";
/** Nothing here has to survive a power cut. */
const quickFs = { ...systemFs, syncFile: async () => {}, syncDirectory: async () => {} };

/** A stored run whose bytes can be damaged and mended again. */
export class DamagedRun {
  readonly root = mkdtempSync(join(tmpdir(), "cairnflow-damage-"));
  readonly store = new FileCheckpointStore(this.root, { fs: quickFs });
  keys: readonly CheckpointKey[] = [];

  /** Runs to the failure at the end and keeps three checkpoints, those before the last or from another place on. */
  async prepare(from = -1 - KEPT): Promise<this> {
    const options = { runId: RUN_ID, checkpoints: { store: this.store, every: "task" as const }, clock: instantClock() };
    await ExecutionContext.create(training, options)
      .run(12)
      .catch(() => null);
    const keys = await this.store.list(RUN_ID);
    // Not the last one, of the failure: nothing has come into the channel since the one before.
    this.keys = keys.slice(from, from + KEPT);
    for (const key of keys) if (!this.keys.includes(key)) rmSync(this.folderOf(key), { recursive: true });
    return this;
  }

  get newest(): CheckpointKey {
    return this.keys.at(-1) as CheckpointKey;
  }

  folderOf({ seq, id }: CheckpointKey): string {
    return join(this.root, RUN_ID, "checkpoints", `${String(seq).padStart(8, "0")}-${id}`);
  }

  pathOf(key: CheckpointKey, file: CheckpointFile): string {
    return join(this.folderOf(key), `${file}.json`);
  }

  /** The paths of the blobs that the newest checkpoint needs. */
  blobs(): string[] {
    const { blobs } = JSON.parse(readFileSync(this.pathOf(this.newest, "meta"), "utf8")) as { blobs: { sha256: string }[] };
    const stored = new Set(readdirSync(join(this.root, RUN_ID, "blobs")));
    return blobs.filter(({ sha256 }) => stored.has(sha256)).map(({ sha256 }) => join(this.root, RUN_ID, "blobs", sha256));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** What a damaged checkpoint must be refused with. */
export interface Expected {
  readonly file: string;
  /** The checkpoint that is named as the newest one that is whole; `undefined` where more than one may be hit. */
  readonly intact: string | null | undefined;
  /** The bytes as they are now, if their digest must be named. */
  readonly bytes: Uint8Array | null;
}

/** Holds a damaged checkpoint against all doors; resolves to what was not as promised. */
export async function unrefused(store: FileCheckpointStore, { runId, id }: CheckpointKey, expected: Expected): Promise<string[]> {
  const wrong: string[] = [];
  const options = { from: store, runId, at: id };
  const history = openCheckpointStore(store);
  const loaded = await history.load(id).catch((error: unknown) => error);
  if (!(loaded instanceof CheckpointCorruptError)) wrong.push(`load: ${String(loaded)}`);
  const resumed = await ExecutionContext.resume(training, options).catch((error: unknown) => error);
  if (resumed instanceof CheckpointCorruptError) wrong.push(...differences(resumed, expected));
  else wrong.push(`resume: ${String(resumed)}`);
  const { resumable, problems } = await canResume(training, options);
  if (resumable || problems[0]?.kind !== "CHECKPOINT_CORRUPT") wrong.push(`canResume: ${resumable} ${problems[0]?.kind}`);
  const verified = await history.verify(runId);
  if (verified.find((one) => one.id === id)?.damage == null) wrong.push("verify: no damage found");
  return wrong;
}

function differences(error: CheckpointCorruptError, { file, intact, bytes }: Expected): string[] {
  const wrong: string[] = [];
  if (error.file !== file) wrong.push(`file ${error.file} instead of ${file}`);
  if (intact !== undefined && error.newestIntact !== intact) wrong.push(`newest intact ${error.newestIntact} instead of ${intact}`);
  if (intact != null && !error.message.includes(intact)) wrong.push("the message does not name the newest intact checkpoint");
  if (bytes === null) return wrong;
  const found = createHash("sha256").update(bytes).digest("hex");
  if (error.foundDigest !== found || error.expectedDigest === null) wrong.push(`digests ${error.expectedDigest}, ${error.foundDigest}`);
  return wrong;
}

/** How many of the flips of a byte in state.json a store hands to a reader that takes them for a checkpoint. */
export async function flipsAccepted(run: DamagedRun, store: CheckpointStore, flips: number, random: () => number): Promise<number> {
  const path = run.pathOf(run.newest, "state");
  const original = readFileSync(path);
  const history = openCheckpointStore(store);
  let count = 0;
  for (let flip = 0; flip < flips; flip++) {
    writeFileSync(path, flipped(original, random));
    await history.load(run.newest.id).then(
      () => count++,
      () => {},
    );
  }
  writeFileSync(path, original);
  return count;
}
