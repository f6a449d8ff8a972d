import type { CheckpointFile, CheckpointKey, CheckpointStore } from "../core/checkpoint.js";
import { type LoadedContext, type LoadedMeta, type LoadedState, readContext, readMeta, readState } from "../core/checkpoint-read.js";
import { isEncoded } from "../core/encoded.js";
import {
  CheckpointCorruptError,
  CheckpointError,
  CheckpointNotFoundError,
  CheckpointStorageError,
  CodecError,
  LimitExceededError,
} from "../core/errors.js";
import type { GraphJSON } from "../core/graph-json.js";
import { quoted } from "../core/ids.js";
import { JsonReader } from "../core/read-json.js";
import { STATE_LIMIT } from "../core/state-size.js";
import { readStateTable, type StateTable } from "../core/state-table.js";
import { type LoadedTable, readTable, type TableHead } from "../core/table-read.js";

type Sha256 = (data: string | Uint8Array) => string;

/** A checkpoint, read and found whole. */
export interface LoadedCheckpoint {
  readonly meta: LoadedMeta;
  readonly context: LoadedContext;
  readonly graph: JsonReader;
  readonly channel: LoadedTable;
  readonly state: LoadedState;
  readonly tasks: StateTable;
}

/** Reads `meta.json` of a checkpoint and proves it. */
export async function loadMeta(store: CheckpointStore, key: CheckpointKey, sha256: Sha256): Promise<LoadedMeta> {
  return (await readFiles(store, key, sha256, false)).meta;
}

/**
 * Reads a checkpoint. Every byte is checked against its digest before any field is used. Throws
 * `CheckpointNotFoundError`, `CheckpointCorruptError`, or `IncompatibleCheckpointError` for a newer format.
 */
export async function loadCheckpoint(store: CheckpointStore, key: CheckpointKey, sha256: Sha256): Promise<LoadedCheckpoint> {
  const { meta, context, state } = await loadDocuments(store, key, sha256);
  const blob = (digest: string): Promise<string> => readBlob(store, key, digest, sha256);
  const texts = ({ segments }: TableHead): Promise<string[]> => Promise.all(segments.map((segment) => blob(segment.sha256)));
  const graph = typeof context.graph === "string" ? JsonReader.parse(await blob(context.graph), "graph") : context.graph;
  return {
    meta,
    context,
    graph,
    channel: readTable(context.channel, await texts(context.channel)),
    state,
    tasks: readStateTable(state.table, await texts(state.table)),
  };
}

/** Reads the documents of a checkpoint, and none of the blobs they name. Throws as `loadCheckpoint`. */
export async function loadDocuments(
  store: CheckpointStore,
  key: CheckpointKey,
  sha256: Sha256,
): Promise<Pick<LoadedCheckpoint, "meta" | "context" | "state">> {
  const { meta, context: contextText, state: stateText } = await readFiles(store, key, sha256, true);
  if (meta.info.bytes > STATE_LIMIT) throw tooLarge(key, meta.info.bytes);
  const context = readContext(contextText);
  const state = readState(stateText);
  if (state.head.at("runId").text() !== key.runId || state.head.at("seq").count() !== key.seq) {
    throw corrupt(key, "state", "it belongs to another checkpoint");
  }
  return { meta, context, state };
}

async function readFiles(store: CheckpointStore, key: CheckpointKey, sha256: Sha256, whole: boolean) {
  const files = await store.read(key);
  if (files === null) {
    throw new CheckpointNotFoundError(
      `there is no checkpoint ${quoted(key.id)} of run ${quoted(key.runId)} in ${store.location}; list the run to see which there are.`,
      {
        runId: key.runId,
        checkpointId: key.id,
      },
    );
  }
  const plain = (file: CheckpointFile): Uint8Array => {
    const bytes = files[file];
    if (bytes === null) throw corrupt(key, file, "it is missing");
    if (isEncoded(bytes)) throw encodedWithout(key, file);
    return bytes;
  };
  const meta = readMeta(plain("meta"), sha256);
  const { info } = meta;
  if (info.id !== key.id || info.runId !== key.runId || info.seq !== key.seq)
    throw corrupt(key, "meta", "it belongs to another checkpoint");
  if (!whole) return { meta, context: "", state: "" };
  for (const file of ["context", "state"] as const) {
    const found = files[file] === null ? null : sha256(files[file]);
    if (found === null) throw corrupt(key, file, "it is missing");
    if (found !== meta.files[file]) throw corrupt(key, file, "its digest is wrong", meta.files[file], found);
  }
  return { meta, context: decoder.decode(plain("context")), state: decoder.decode(plain("state")) };
}

async function readBlob(store: CheckpointStore, key: CheckpointKey, digest: string, sha256: Sha256): Promise<string> {
  const bytes = await store.readBlob(key.runId, digest);
  if (bytes === null) throw corrupt(key, `blob ${digest}`, "it is missing");
  const found = sha256(bytes);
  if (found !== digest) throw corrupt(key, `blob ${digest}`, "its digest is wrong", digest, found);
  return decoder.decode(bytes);
}

function encodedWithout(key: CheckpointKey, file: CheckpointFile): CodecError {
  const message = `${file}.json of checkpoint ${key.seq} (${key.id}) of run ${key.runId} is encoded: found no codec to decode it with; open the store with the codec it was written with: openCheckpointStore(location, { codec }).`;
  return new CodecError(message, { runId: key.runId, checkpointId: key.id });
}

function tooLarge(key: CheckpointKey, bytes: number): LimitExceededError {
  const message = `checkpoint ${key.seq} (${key.id}) of run ${key.runId} takes ${bytes} bytes: expected at most ${STATE_LIMIT}; resume from another checkpoint.`;
  return new LimitExceededError(message, { runId: key.runId, checkpointId: key.id });
}

/** Leaves a byte order mark in, so that no byte is passed over. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function corrupt(key: CheckpointKey, file: string, what: string, expectedDigest?: string, foundDigest?: string): CheckpointCorruptError {
  const name = (["context", "state", "meta"] as readonly string[]).includes(file) ? `${file}.json` : file;
  const digests = expectedDigest === undefined ? "" : ` (expected sha256 ${expectedDigest}, found ${foundDigest})`;
  const message = `checkpoint ${key.seq} (${key.id}) of run ${key.runId}: ${name}: ${what}${digests}; resume from another checkpoint.`;
  return new CheckpointCorruptError(message, {
    runId: key.runId,
    checkpointId: key.id,
    file: name,
    ...(expectedDigest === undefined ? {} : { expectedDigest }),
    ...(foundDigest === undefined ? {} : { foundDigest }),
  });
}

/** The newest checkpoint of a run that is whole, or `null`. */
export async function newestIntact(store: CheckpointStore, runId: string, sha256: Sha256): Promise<LoadedCheckpoint | null> {
  for (const key of [...(await store.list(runId))].reverse()) {
    try {
      return await loadCheckpoint(store, key, sha256);
    } catch (error) {
      if (!(error instanceof CheckpointError) || error instanceof CheckpointStorageError) throw error;
    }
  }
  return null;
}

/** A saved graph as far as a preflight looks at it. */
export function savedGraph(graph: JsonReader): Pick<GraphJSON, "nodes" | "groups" | "edges"> {
  return {
    nodes: graph
      .at("nodes")
      .items()
      .map((node) => ({
        id: node.at("id").text(),
        group: node.at("group").textOrNull(),
        join: node.at("join").oneOf(["all", "any"]),
        ...(node.has("maxCycles") ? { maxCycles: node.at("maxCycles").count(1) } : {}),
        reference: {
          strategy: node.at("reference").at("strategy").oneOf(["reference"]),
          module: node.at("reference").at("module").text(),
          name: node.at("reference").at("name").text(),
          qualname: node.at("reference").at("qualname").text(),
        },
      })),
    groups: graph
      .at("groups")
      .items()
      .map((group) => ({
        id: group.at("id").text(),
        kind: group.at("kind").oneOf(["parallel", "each"]),
        group: group.at("group").textOrNull(),
        policy: group.at("policy").text(),
        concurrency: group.at("concurrency").countOrNull(),
        branches: group
          .at("branches")
          .items()
          .map((branch) => ({ key: branch.at("key").text(), head: branch.at("head").text(), last: branch.at("last").text() })),
      })),
    edges: graph
      .at("edges")
      .items()
      .map((edge) => ({ from: edge.at("from").text(), to: edge.at("to").text(), back: edge.at("back").flag() })),
  };
}
