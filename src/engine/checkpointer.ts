import type { CheckpointHandle, CheckpointInfo, CheckpointReason, CheckpointStore } from "../core/checkpoint.js";
import type { CheckpointPolicy } from "../core/checkpoint-policy.js";
import type { LoadedTable } from "../core/checkpoint-read.js";
import { type ContextFacts, contextText, metaText, stateText } from "../core/checkpoint-write.js";
import { toErrorRecord } from "../core/error-record.js";
import { CairnError, CheckpointWriteError } from "../core/errors.js";
import type { CheckpointRequest } from "../core/outcome.js";
import type { NamedBlob } from "../core/retention.js";
import { SegmentedTable, type TableImage } from "../core/segmented-table.js";
import { capture } from "../core/serialize/index.js";
import { recordKeys, renderRecord } from "../core/state-records.js";
import type { AnyTask } from "../core/task.js";
import type { TaskSpec } from "../core/task-spec.js";
import { libraryVersion } from "../core/version.js";
import { BlobLedger } from "./blob-ledger.js";
import { CheckpointHandles } from "./checkpoint-handles.js";
import { Pruner } from "./pruner.js";
import type { CheckpointDesk, RunWiring } from "./run-wiring.js";

const GRAPH_INLINE = 2_048;

/** What a resumed run knows of the checkpoint it goes on from. */
export interface CheckpointOrigin {
  readonly seq: number;
  readonly id: string;
  /** Of the graph that wrote it. */
  readonly graphHash: string;
  readonly channel: LoadedTable;
  readonly state: LoadedTable;
}

/** Takes checkpoints of one run: makes an image of what has changed in one go, and has the store keep it. */
export class Checkpointer implements CheckpointDesk {
  readonly #channel: SegmentedTable;
  readonly #state: SegmentedTable;
  readonly #context: ContextFacts;
  readonly #blobs: BlobLedger;
  readonly #pruner: Pruner | null;
  readonly #handles = new CheckpointHandles();
  #asPending: number | null = null;
  #seq: number;
  #parent: string | null;
  #turn: Promise<unknown> = Promise.resolve();
  #lastSteps: number;
  #lastAt: number;
  #last: CheckpointInfo | null = null;
  #opened: Promise<void> | null = null;

  constructor(
    private readonly run: Omit<RunWiring, "checkpointer">,
    readonly store: CheckpointStore,
    readonly policy: CheckpointPolicy,
    origin: CheckpointOrigin | null,
  ) {
    const { state, channel, host } = run;
    this.#pruner = policy.keep && new Pruner(store, policy.keep, state.runId, run.events, host.sha256);
    this.#blobs = new BlobLedger(store, state.runId, host.sha256, origin);
    const emit = (sha256: string, text: string): void => this.#blobs.emit(sha256, encode(text));
    this.#channel = new SegmentedTable((key) => this.#channelRecord(key), host.sha256, emit);
    this.#state = new SegmentedTable((key) => renderRecord(state, key, this.#asPending), host.sha256, emit);
    this.#seq = origin?.seq ?? 0;
    this.#parent = origin?.id ?? null;
    this.#lastSteps = state.steps;
    this.#lastAt = host.clock.monotonic();
    this.#context = this.#contextFacts(emit);
    channel.backend.track(this.#channel);
    state.track(this.#state);
    if (origin === null || origin.graphHash !== this.#context.workflow.graphHash) {
      // In another store, or under other names: nothing that is stored already can be shared.
      for (const key of recordKeys(state)) this.#state.touch(key);
    } else {
      this.#channel.adopt(origin.channel.image, origin.channel.keys, origin.channel.records.keys());
      this.#state.adopt(origin.state.image, origin.state.keys, origin.state.records.keys());
    }
  }

  /** Makes sure that checkpoints can be stored, before anything runs. Throws `CheckpointStorageError`. */
  open(): Promise<void> {
    this.#opened ??= this.store.open();
    return this.#opened;
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
    const startedAt = host.clock.monotonic();
    try {
      const { checkpoint, blobs } = await this.#write(request, asPending);
      this.#last = checkpoint;
      this.#handles.settle(checkpointId, checkpoint);
      events.emit("checkpointCommitted", { runId, checkpoint, durationMs: host.clock.monotonic() - startedAt });
      await this.#pruner?.stored({ ...checkpoint, blobs });
      return null;
    } catch (thrown) {
      const error = thrown instanceof CairnError ? thrown : writeError(thrown, runId, checkpointId);
      if (error.outcome === "unknown") await this.#skipStored(runId);
      this.#handles.settle(checkpointId, error);
      events.emit("checkpointFailed", { runId, checkpointId, error: toErrorRecord(error) });
      if (this.policy.onFailure === "fail") return error;
      events.emit("warning", { runId, code: error.code, message: error.message });
      return null;
    }
  }

  /** A checkpoint whose writing failed may be there all the same: its seq must not be used for another. */
  async #skipStored(runId: string): Promise<void> {
    const newest = await this.store.list(runId).then(
      (keys) => keys.at(-1)?.seq ?? 0,
      () => 0,
    );
    this.#seq = Math.max(this.#seq, newest);
  }

  /** The image is made without a pause, so that no step comes in between; only then is anything written. */
  async #write(request: CheckpointRequest, asPending: number | null): Promise<{ checkpoint: CheckpointInfo; blobs: readonly NamedBlob[] }> {
    const { state, host } = this.run;
    const seq = this.#seq + 1;
    const [channel, table] = this.#images(asPending);
    const context = encode(contextText(this.#context, channel));
    const stateFile = encode(stateText(state, seq, table));
    const info = this.#info(request, seq);
    await this.#blobs.adoptOrigin();
    const graphBlob = "sha256" in this.#context.graph ? [this.#context.graph] : [];
    const named = this.#blobs.sized([...graphBlob, ...channel.segments, ...table.segments]);
    const metaDocument = metaText(
      {
        info,
        start: state.start,
        backend: { channel: this.run.channel.backend.kind, store: this.store.kind },
        parent: this.#parent,
        files: { context: digest(context, host.sha256), state: digest(stateFile, host.sha256) },
        blobs: named,
        libraryVersion,
        metadataText: request.metadata.text(),
      },
      host.sha256,
    );
    const meta = encode(metaDocument);
    const blobs = this.#blobs.unstored(named);
    await this.store.put({ runId: info.runId, seq, id: info.id, files: { context, state: stateFile, meta }, blobs });
    this.#blobs.stored(named);
    await this.run.journal?.restart(seq);
    this.#seq = seq;
    this.#parent = info.id;
    this.#lastSteps = info.steps;
    this.#lastAt = host.clock.monotonic();
    const bytes = [context, stateFile, meta].reduce((sum, { length }) => sum + length, 0);
    return { checkpoint: { ...info, bytes: named.reduce((sum, blob) => sum + blob.bytes, bytes) }, blobs: named };
  }

  #images(asPending: number | null): [TableImage, TableImage] {
    if (asPending === null) return [this.#channel.image(), this.#state.image()];
    const key = `task/${asPending}`;
    this.#asPending = asPending;
    this.#state.touch(key);
    const images: [TableImage, TableImage] = [this.#channel.image(), this.#state.image()];
    this.#asPending = null;
    this.#state.touch(key);
    return images;
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
      progress: { completed: state.steps, total: state.steps + open },
      metrics: Object.fromEntries(state.metrics),
      metadata: request.metadata.read() as Readonly<Record<string, unknown>>,
    };
  }

  #contextFacts(emit: (sha256: string, text: string) => void): ContextFacts {
    const { definition, channel, settings, host } = this.run;
    const { name, version, graph } = definition;
    const text = JSON.stringify(graph.toJSON());
    const sha256 = host.sha256(text);
    if (text.length > GRAPH_INLINE) emit(sha256, text);
    const { maxSteps, defaultMaxCycles, concurrency, durability } = settings;
    return {
      workflow: { name, version, graphHash: graph.hash() },
      graph: text.length > GRAPH_INLINE ? { sha256, size: text.length } : { text },
      channelBackend: channel.backend.kind,
      options: { maxSteps, defaultMaxCycles, concurrency: concurrency === Number.POSITIVE_INFINITY ? null : concurrency, durability },
    };
  }

  #channelRecord(key: string): string | null {
    const entry = this.run.channel.backend.entry(key);
    if (entry === undefined) return null;
    return entry.expiresAt === null ? `{"value":${entry.value.text()}}` : `{"value":${entry.value.text()},"expiresAt":${entry.expiresAt}}`;
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
