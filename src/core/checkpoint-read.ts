import type { CheckpointInfo, CheckpointReason, ForkOrigin } from "./checkpoint.js";
import { FORMAT_VERSION, META_HEAD, NAMED, SCHEMA_VERSION } from "./checkpoint-write.js";
import { CheckpointCorruptError, IncompatibleCheckpointError } from "./errors.js";
import { isId, quoted } from "./ids.js";
import { JsonReader } from "./read-json.js";
import type { NamedBlob } from "./retention.js";
import type { SegmentRef } from "./segmented-table.js";
import { StoredValue } from "./serialize/index.js";
import type { TableHead } from "./table-read.js";

const REASONS: readonly CheckpointReason[] = ["requested", "auto", "periodic", "error", "signal"];
const DIGEST = /^[0-9a-f]{64}$/;

/** What `meta.json` says. */
export interface LoadedMeta {
  readonly info: CheckpointInfo;
  readonly files: { readonly context: string; readonly state: string };
  readonly blobs: readonly NamedBlob[];
}

/** `meta.json`, once its own digest is found right: over the bytes, as what is wrong may be too large to be made a text of. */
export function readMeta(bytes: Uint8Array, sha256: (bytes: Uint8Array) => string): LoadedMeta {
  const head = META_HEAD.exec(decoder.decode(bytes.subarray(0, META_HEAD_BYTES)));
  const body = head === null ? new Uint8Array() : bytes.slice(META_HEAD_BYTES - 1);
  body.set(OPENING.subarray(0, body.length));
  const found = sha256(body);
  if (head === null || found !== head[1]) {
    throw new CheckpointCorruptError("meta.json is not what was written: its own digest is wrong; resume from another checkpoint.", {
      file: "meta.json",
      ...(head === null ? {} : { expectedDigest: head[1] as string, foundDigest: found }),
    });
  }
  const meta = JsonReader.parse(decoder.decode(body), "meta.json");
  const [progress, files] = [meta.at("progress"), meta.at("files")];
  const blobs = namedBlobs(meta.at("blobs"));
  const parts = [files.at("context").at("bytes"), files.at("state").at("bytes")].map((part) => part.countOrNull() ?? 0);
  const total = [...parts, ...blobs.map((blob) => blob.bytes)].reduce((sum, part) => sum + part, bytes.length);
  return {
    info: {
      id: id(meta.at("checkpointId")),
      runId: id(meta.at("runId")),
      seq: meta.at("seq").count(1),
      name: meta.at("name").isAbsent ? null : id(meta.at("name")),
      createdAt: isoDate(meta.at("createdAt")),
      reason: meta.at("reason").oneOf(REASONS),
      steps: meta.at("steps").count(),
      taskId: meta.at("taskId").textOrNull(),
      cycle: meta.at("cycle").countOrNull(),
      parent: meta.at("parent").textOrNull(),
      forkedFrom: forkOrigin(meta.at("forkedFrom")),
      progress: { completed: progress.at("completed").count(), total: progress.at("total").count() },
      metrics: metricValues(meta.at("metrics")),
      bytes: total,
      metadata: storedRecord(meta.at("metadata")),
    },
    files: { context: digest(files.at("context").at("sha256")), state: digest(files.at("state").at("sha256")) },
    blobs,
  };
}

const forkOrigin = (origin: JsonReader): ForkOrigin | null =>
  origin.isAbsent ? null : { runId: id(origin.at("runId")), checkpointId: id(origin.at("checkpointId")) };

/** What the digest in the head is taken of begins with a bracket in the place of the head. */
const OPENING = new TextEncoder().encode("{");
const META_HEAD_BYTES = '{"sha256":"",\n'.length + 64;
/** Leaves a byte order mark in, so that no byte is passed over. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Checkpoints of version 0.1 say the length of a blob's text, not its size. */
function namedBlobs(list: JsonReader): NamedBlob[] {
  if (list.isAbsent) return [];
  const sizes = list.items().map((item) => {
    return [digest(item.at("sha256")), item.at("bytes").countOrNull() ?? item.at("size").count()] as const;
  });
  return Array.from(new Map(sizes), ([sha256, bytes]) => ({ sha256, bytes }));
}

function metricValues(metrics: JsonReader): Record<string, number> {
  if (metrics.isAbsent) return {};
  const value = (reader: JsonReader): number => (typeof reader.value === "string" ? Number(reader.value) : reader.number());
  return Object.fromEntries(metrics.entries().map(([name, reader]) => [name, value(reader)]));
}

/** What `context.json` says, its channel without the segments. */
export interface LoadedContext {
  readonly workflow: { readonly name: string; readonly version: number; readonly graphHash: string };
  /** The graph's JSON, or the digest of the blob that holds it. */
  readonly graph: JsonReader | string;
  readonly channelBackend: string;
  readonly channel: TableHead;
  readonly options: JsonReader;
}

export function readContext(text: string): LoadedContext {
  const context = JsonReader.parse(text, "context.json");
  checkVersion(context.at("formatVersion"), FORMAT_VERSION);
  const [workflow, channel, graph] = [context.at("workflow"), context.at("channel"), context.at("graph")];
  return {
    workflow: { name: workflow.at("name").text(), version: workflow.at("version").number(), graphHash: workflow.at("graphHash").text() },
    graph: graph.at("sha256").isAbsent ? graph : digest(graph.at("sha256")),
    channelBackend: channel.at("backend").text(),
    channel: {
      segments: segments(channel.at("segments")),
      set: channel.at("data").entries(),
      removed: channel
        .at("removed")
        .items()
        .map((key) => key.text()),
    },
    options: context.at("options"),
  };
}

/** What `state.json` says: its header, and its records without the segments. */
export interface LoadedState {
  readonly head: JsonReader;
  readonly table: TableHead;
}

export function readState(text: string): LoadedState {
  const head = JsonReader.parse(text, "state.json");
  checkVersion(head.at("schemaVersion"), SCHEMA_VERSION);
  const set: [string, JsonReader][] = [];
  for (const field of ["pendingTasks", "runningTasks", "failedTasks"]) {
    for (const task of head.at(field).items()) set.push([`task/${task.at("serial").count(1)}`, task]);
  }
  for (const [field, section] of NAMED) {
    for (const [name, record] of head.at(field).entries()) set.push([name === "" ? section : `${section}/${name}`, record]);
  }
  return {
    head,
    table: {
      segments: segments(head.at("segments")),
      set,
      removed: head
        .at("removed")
        .items()
        .map((key) => key.text()),
    },
  };
}

/** A value written as a superjson document. */
export function storedValue(reader: JsonReader): StoredValue {
  const { value } = reader;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "json")) {
    throw new CheckpointCorruptError(`${reader.path} is not a stored value; resume from another checkpoint.`);
  }
  return StoredValue.fromDocument(value as { json: unknown });
}

function segments(list: JsonReader): SegmentRef[] {
  return list.items().map((item) => ({ sha256: digest(item.at("sha256")), size: item.at("size").count() }));
}

function id(reader: JsonReader): string {
  const text = reader.text();
  if (isId(text)) return text;
  throw new CheckpointCorruptError(`${reader.path} is ${quoted(text)}: not an id; resume from another checkpoint.`);
}

function isoDate(reader: JsonReader): string {
  const text = reader.text();
  const time = new Date(text);
  if (!Number.isNaN(time.getTime()) && time.toISOString() === text) return text;
  throw new CheckpointCorruptError(`${reader.path} is ${quoted(text)}: not a date; resume from another checkpoint.`);
}

export function storedRecord(reader: JsonReader): Readonly<Record<string, unknown>> {
  const value = storedValue(reader).read();
  if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  throw new CheckpointCorruptError(`${reader.path} is not an object; resume from another checkpoint.`);
}

function digest(reader: JsonReader): string {
  const text = reader.text();
  if (DIGEST.test(text)) return text;
  throw new CheckpointCorruptError(`${reader.path} is not a digest; resume from another checkpoint.`);
}

function checkVersion(reader: JsonReader, newest: number): void {
  const version = reader.count(1);
  if (version <= newest) return;
  const message = `${reader.path} is ${version}: this version of cairnflow reads up to ${newest}; use the version that wrote it, or a newer one.`;
  throw new IncompatibleCheckpointError(message, [{ kind: "format", message, fix: "use a version of cairnflow that reads it" }]);
}
