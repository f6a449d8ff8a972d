import type { CheckpointHandle, CheckpointInfo, CheckpointReason, ForkOrigin } from "../core/checkpoint.js";
import type { CheckpointPolicy } from "../core/checkpoint-policy.js";
import { metaText } from "../core/checkpoint-write.js";
import { toErrorRecord } from "../core/error-record.js";
import { CairnError, CheckpointWriteError, StaleOwnerError } from "../core/errors.js";
import type { CheckpointRequest } from "../core/outcome.js";
import type { NamedBlob } from "../core/retention.js";
import { capture } from "../core/serialize/index.js";
import { largestKeys, stateTooLarge } from "../core/state-size.js";
import type { AnyTask } from "../core/task.js";
import type { TaskSpec } from "../core/task-spec.js";
import { within } from "../core/telemetry.js";
import { libraryVersion } from "../core/version.js";
import { BlobLedger } from "./blob-ledger.js";
import { CheckpointHandles } from "./checkpoint-handles.js";
import type { Ownership } from "./ownership.js";
import { Pruner } from "./pruner.js";
import { type CheckpointOrigin, RunImage } from "./run-image.js";
import type { CheckpointDesk, RunWiring } from "./run-wiring.js";

/** A checkpoint that is stored, and the blobs it names. */
interface Stored {
  readonly checkpoint: CheckpointInfo;
  readonly blobs: readonly NamedBlob[];
}

/** Takes checkpoints of one run: makes an image of what has changed in one go, and has the store keep it. */
export class Checkpointer implements CheckpointDesk {
  readonly #image: RunImage;
  readonly #blobs: BlobLedger;
  readonly #pruner: Pruner | null;
  readonly #handles = new CheckpointHandles();
  #seq: number;
  #parent: string | null;
  #turn: Promise<unknown> = Promise.resolve();
  #lastSteps: number;
  #lastAt: number;
  #last: CheckpointInfo | null = null;
  #opened: Promise<void> | null = null;

  constructor(
    private readonly run: Omit<RunWiring, "checkpointer">,
    readonly ownership: Ownership,
    readonly policy: CheckpointPolicy,
    origin: CheckpointOrigin | null,
    private readonly forkedFrom: ForkOrigin | null,
  ) {
    const { state, host } = run;
    const { store } = ownership;
    this.#pruner = policy.keep && new Pruner(store, policy.keep, state.runId, run.events, host.sha256);
    this.#blobs = new BlobLedger(store, state.runId, host.sha256, origin);
    this.#image = new RunImage(run, this.#blobs, origin);
    this.#seq = origin?.seq ?? 0;
    this.#parent = origin?.id ?? null;
    this.#lastSteps = state.steps;
    this.#lastAt = host.clock.monotonic();
  }

  get epoch(): number {
    return this.ownership.isHeld ? this.ownership.writer.epoch : 0;
  }

  /** Makes sure that checkpoints can be stored, before anything runs. Throws `CheckpointStorageError`. */
  open(): Promise<void> {
    this.#opened ??= this.ownership.store.open();
    return this.#opened;
  }

  /** Whether the run was forked from another and has stored nothing yet. */
  get isUnstoredFork(): boolean {
    return this.forkedFrom !== null && this.#seq === 0;
  }

  /** The newest checkpoint this run has stored, or `null`. */
  get last(): CheckpointInfo | null {
    return this.#last;
  }

  handle(request: CheckpointRequest, isOpen: () => boolean): CheckpointHandle {
    return this.#handles.make(request, isOpen);
  }

  drop(id: string, taskId: string): void {
    this.#handles.drop(id, taskId);
  }

  due(task: AnyTask, steps: number): CheckpointReason | null {
    const { every } = this.policy;
    if (this.run.journal?.isLong) return "auto";
    if (task.settings.critical || task.settings.checkpoint === "after" || every === "task") return "auto";
    if (every === null) return null;
    if ("steps" in every) return steps - this.#lastSteps >= every.steps ? "periodic" : null;
    return this.run.host.clock.monotonic() - this.#lastAt >= every.ms ? "periodic" : null;
  }

  ownRequest(reason: CheckpointReason, spec: TaskSpec | null, metadata: unknown = {}, name: string | null = null): CheckpointRequest {
    const id = this.run.host.newId();
    return {
      id,
      name,
      reason,
      metadata: capture(metadata, "checkpoint metadata"),
      taskId: spec?.taskId ?? null,
      cycle: spec?.cycle ?? null,
    };
  }

  save(request: CheckpointRequest, asPending: number | null = null): Promise<CairnError | null> {
    const turn = this.#turn.then(() => this.#save(request, asPending));
    this.#turn = turn;
    return turn;
  }

  async #save(request: CheckpointRequest, asPending: number | null): Promise<CairnError | null> {
    const { events, state, host } = this.run;
    const { runId } = state;
    const { id: checkpointId, name, taskId } = request;
    events.emit("checkpointRequested", { runId, checkpointId, name, taskId });
    const span = this.run.watch?.checkpoint(request) ?? null;
    const startedAt = host.clock.monotonic();
    try {
      const { checkpoint, blobs } = await within(span, () => this.#write(request, asPending));
      this.#last = checkpoint;
      this.#handles.settle(checkpointId, checkpoint);
      const durationMs = host.clock.monotonic() - startedAt;
      span?.committed(checkpoint, durationMs);
      events.emit("checkpointCommitted", { runId, checkpoint, durationMs });
      await this.#pruner?.stored({ ...checkpoint, blobs });
      return null;
    } catch (thrown) {
      const error = thrown instanceof CairnError ? thrown : writeError(thrown, runId, checkpointId);
      if (error.outcome === "unknown") await this.#skipStored(runId);
      this.#handles.settle(checkpointId, error);
      const record = toErrorRecord(error);
      span?.failed(record, host.clock.monotonic() - startedAt);
      events.emit("checkpointFailed", { runId, checkpointId, error: record });
      if (this.policy.onFailure === "fail" || error instanceof StaleOwnerError) return error;
      events.emit("warning", { runId, code: error.code, message: error.message });
      return null;
    }
  }

  /** A checkpoint whose writing failed may be there all the same: its seq must not be used for another. */
  async #skipStored(runId: string): Promise<void> {
    const newest = await this.ownership.store.list(runId).then(
      (keys) => keys.at(-1)?.seq ?? 0,
      () => 0,
    );
    this.#seq = Math.max(this.#seq, newest);
  }

  async #write(request: CheckpointRequest, asPending: number | null): Promise<Stored> {
    const { state, host } = this.run;
    const seq = this.#seq + 1;
    if (request.reason !== "auto" || request.taskId !== null) state.saves++;
    // Both without a pause, so that no step comes in between; only then is anything written.
    const { context, state: stateFile, refs } = this.#image.take(seq, asPending);
    const info = this.#info(request, seq);
    await this.#blobs.adoptOrigin();
    const named = this.#blobs.sized(refs);
    const meta = encode(
      metaText(
        {
          info,
          start: state.start,
          backend: { channel: this.run.channel.backend.kind, store: this.ownership.store.kind },
          files: { context: digest(context, host.sha256), state: digest(stateFile, host.sha256) },
          blobs: named,
          libraryVersion,
          metadataText: request.metadata.text(),
        },
        host.sha256,
      ),
    );
    const bytes = named.reduce((sum, blob) => sum + blob.bytes, context.length + stateFile.length + meta.length);
    if (bytes > this.policy.maxStateBytes)
      throw stateTooLarge(info.runId, bytes, this.policy.maxStateBytes, largestKeys(this.#image.sizes()));
    const blobs = this.#blobs.unstored(named);
    await this.ownership.writer.put({ runId: info.runId, seq, id: info.id, files: { context, state: stateFile, meta }, blobs });
    return this.#noteStored({ checkpoint: { ...info, bytes }, blobs: named });
  }

  async #noteStored(stored: Stored): Promise<Stored> {
    const { seq, id, steps } = stored.checkpoint;
    this.#blobs.stored(stored.blobs);
    this.#seq = seq;
    this.#parent = id;
    await this.run.journal?.restart(seq);
    this.#lastSteps = steps;
    this.#lastAt = this.run.host.clock.monotonic();
    return stored;
  }

  #info(request: CheckpointRequest, seq: number): Omit<CheckpointInfo, "bytes"> {
    const { state, host } = this.run;
    const { id, name, reason, taskId, cycle } = request;
    const open = state.ready.size + state.delayed.size + state.running.size + state.failed.size;
    return {
      id,
      runId: state.runId,
      seq,
      name,
      createdAt: new Date(host.clock.now()).toISOString(),
      reason,
      steps: state.steps,
      taskId,
      cycle,
      parent: this.#parent,
      forkedFrom: this.forkedFrom,
      progress: { completed: state.steps, total: state.steps + open },
      metrics: Object.fromEntries(state.metrics),
      metadata: request.metadata.read() as Readonly<Record<string, unknown>>,
    };
  }
}

const encoder = new TextEncoder();
const encode = (text: string): Uint8Array => encoder.encode(text);

const digest = (bytes: Uint8Array, sha256: (bytes: Uint8Array) => string) => ({ sha256: sha256(bytes), bytes: bytes.length });

function writeError(cause: unknown, runId: string, checkpointId: string): CheckpointWriteError {
  const { name, message } = toErrorRecord(cause);
  return new CheckpointWriteError(`checkpoint ${checkpointId} was not written: ${name}: ${message}`, {
    cause,
    outcome: "unknown",
    runId,
    checkpointId,
  });
}
