import { type ContextFacts, contextText, stateText } from "../core/checkpoint-write.js";
import { SegmentedTable, type StoredTable, type TableImage } from "../core/segmented-table.js";
import { recordKeys, renderRecord, savedTask } from "../core/state-records.js";
import type { KeySize } from "../core/state-size.js";
import { packedSegment } from "../core/task-pack.js";
import type { BlobLedger } from "./blob-ledger.js";
import type { RunWiring } from "./run-wiring.js";

/** A graph whose text is longer than this many characters is a blob of its own, stored once. */
const GRAPH_INLINE = 2_048;

/** What a resumed run knows of the checkpoint it goes on from. */
export interface CheckpointOrigin {
  readonly seq: number;
  readonly id: string;
  /** Of the graph that wrote it. */
  readonly graphHash: string;
  readonly channel: StoredTable;
  readonly state: StoredTable;
}

/** The documents of a checkpoint but its meta document, and the blobs they name. */
interface RunDocuments {
  readonly context: Uint8Array;
  readonly state: Uint8Array;
  readonly refs: Parameters<BlobLedger["sized"]>[0];
}

/** What is saved of a run: follows its channel and its state, and renders anew only what has changed. */
export class RunImage {
  readonly #channel: SegmentedTable;
  readonly #state: SegmentedTable;
  readonly #context: ContextFacts;
  #asPending: number | null = null;

  constructor(
    private readonly run: Omit<RunWiring, "checkpointer">,
    blobs: BlobLedger,
    origin: CheckpointOrigin | null,
  ) {
    const { state, channel, host } = run;
    const emit = (sha256: string, text: string): void => blobs.emit(sha256, encode(text));
    this.#channel = new SegmentedTable((key) => this.#channelRecord(key), host.sha256, emit);
    this.#state = new SegmentedTable(
      (key) => renderRecord(state, key, this.#asPending),
      host.sha256,
      emit,
      (keys, record) => packedSegment(keys, record, (serial) => savedTask(state, serial, this.#asPending)),
    );
    this.#context = this.#contextFacts(emit);
    channel.backend.track(this.#channel);
    state.track(this.#state);
    if (origin === null || origin.graphHash !== this.#context.workflow.graphHash) {
      // In another store, or under other names: nothing that is stored already can be shared.
      for (const key of recordKeys(state)) this.#state.touch(key);
    } else {
      this.#channel.adopt(origin.channel);
      this.#state.adopt(origin.state);
    }
  }

  /** Renders the run as it is now. `asPending` is the serial of a running task that is saved as pending. */
  take(seq: number, asPending: number | null): RunDocuments {
    const [channel, table] = this.#images(asPending);
    const graph = "sha256" in this.#context.graph ? [this.#context.graph] : [];
    return {
      context: encode(contextText(this.#context, channel)),
      state: encode(stateText(this.run.state, seq, table)),
      refs: [...graph, ...channel.segments, ...table.segments],
    };
  }

  /** What takes how much, for the one who must make it less. */
  *sizes(): IterableIterator<KeySize> {
    const { channel, state } = this.run;
    for (const key of channel.backend.keys("")) yield [`channel.${key}`, channel.backend.read(key)?.bytes() ?? 0];
    const inputs = new Map<string, number>();
    for (const spec of [...state.pending(), ...state.running.values(), ...state.failed.values()])
      inputs.set(spec.taskId, (inputs.get(spec.taskId) ?? 0) + spec.input.bytes());
    for (const [taskId, bytes] of inputs) yield [`input of ${taskId}`, bytes];
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
