import type { CheckpointFile, CheckpointInfo } from "./checkpoint.js";
import type { NamedBlob } from "./retention.js";
import type { RunState } from "./run-state.js";
import type { SegmentRef, TableImage } from "./segmented-table.js";
import { SECTIONS, splitKey } from "./state-records.js";

/** The version of the layout of `context.json`. */
export const FORMAT_VERSION = 1;
/** The version of the layout of `state.json`. */
export const SCHEMA_VERSION = 2;

/** What `context.json` says of the code and the wiring of a run. */
export interface ContextFacts {
  readonly workflow: { readonly name: string; readonly version: number; readonly graphHash: string };
  /** The graph's JSON: the text itself, or the digest of the blob that holds it. */
  readonly graph: { readonly text: string } | SegmentRef;
  readonly channelBackend: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** `context.json`: code by reference, and the channel. */
export function contextText({ workflow, graph, channelBackend, options }: ContextFacts, channel: TableImage): string {
  const { set, removed } = splitTail(channel);
  const fields = [
    `"formatVersion":${FORMAT_VERSION}`,
    `"workflow":${JSON.stringify(workflow)}`,
    `"graph":${"text" in graph ? graph.text : JSON.stringify(graph)}`,
    `"channel":{"backend":${JSON.stringify(channelBackend)},"segments":${JSON.stringify(channel.segments)},"data":${objectText(set)},"removed":${JSON.stringify(removed)}}`,
    `"options":${JSON.stringify(options)}`,
  ];
  return `{${fields.join(",\n")}}\n`;
}

/** `state.json`: where the run stands. */
export function stateText(state: RunState, seq: number, table: TableImage): string {
  const { runId, steps, saves, status, message, error, start, serial, seed, trace } = state;
  const { first, ended } = state.root;
  const head = {
    schemaVersion: SCHEMA_VERSION,
    runId,
    seq,
    steps,
    saves,
    status,
    message,
    error,
    start,
    serial,
    seed,
    first,
    ended,
    ...(trace === null ? {} : { trace }),
  };
  const { set, removed } = splitTail(table);
  const sections = new Map<string, [string, string][]>(SECTIONS.map((section) => [section, []]));
  for (const [key, record] of set) {
    const split = splitKey(key);
    if (split) sections.get(split.section)?.push([split.name, record]);
  }
  const tasks = sections.get("task") ?? [];
  const of = (status: string): string =>
    `[${tasks
      .filter(([, record]) => record.startsWith(`{"status":"${status}"`))
      .map(([, record]) => record)
      .join(",\n")}]`;
  const fields = [
    ...Object.entries(head).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`),
    `"segments":${JSON.stringify(table.segments)}`,
    `"pendingTasks":${of("pending")}`,
    `"runningTasks":${of("running")}`,
    `"failedTasks":${of("failed")}`,
    ...NAMED.map(([field, section]) => `"${field}":${objectText(sections.get(section) ?? [])}`),
    `"removed":${JSON.stringify(removed)}`,
  ];
  return `{${fields.join(",\n")}}\n`;
}

/** The fields of `state.json` that hold records by name, and the sections they come from. */
export const NAMED = [
  ["completedTasks", "done"],
  ["cycleCounts", "visit"],
  ["joins", "join"],
  ["groups", "group"],
  ["members", "member"],
  ["metrics", "metric"],
  ["artifacts", "artifact"],
  ["ends", "end"],
  ["output", "output"],
  ["input", "input"],
] as const;

/** What `meta.json` says beside the facts every listing shows. */
export interface MetaFacts {
  readonly info: Omit<CheckpointInfo, "bytes">;
  readonly start: string;
  readonly backend: { readonly channel: string; readonly store: string };
  readonly files: Readonly<Record<Exclude<CheckpointFile, "meta">, { readonly sha256: string; readonly bytes: number }>>;
  /** `size` is the length of the text. */
  readonly blobs: readonly (NamedBlob & SegmentRef)[];
  readonly libraryVersion: string;
  /** The user's metadata as a superjson document. */
  readonly metadataText: string;
}

/** `meta.json`: what the checkpoint is, and the digests that prove the rest of it. Its own digest stands in front. */
export function metaText(facts: MetaFacts, sha256: (text: string) => string): string {
  const { id, runId, seq, name, createdAt, reason, steps, taskId, cycle, progress, metrics, parent, forkedFrom } = facts.info;
  const { start, backend, files, blobs, libraryVersion } = facts;
  const plain = {
    checkpointId: id,
    runId,
    seq,
    name,
    createdAt,
    reason,
    steps,
    taskId,
    cycle,
    progress,
    metrics: Object.fromEntries(Object.entries(metrics).map(([key, value]) => [key, Number.isFinite(value) ? value : String(value)])),
    start,
    backend,
    parent,
    forkedFrom,
    libraryVersion,
    files,
    blobs,
  };
  const body = `${JSON.stringify(plain, null, 1).slice(0, -2)},\n "metadata": ${facts.metadataText}\n}\n`;
  return `{"sha256":"${sha256(body)}",\n${body.slice(1)}`;
}

/** Digits of a digest stand here in `meta.json`; the digest covers `{` and all that follows them. */
export const META_HEAD = /^\{"sha256":"([0-9a-f]{64})",\n/;

function splitTail({ tail }: TableImage): { readonly set: [string, string][]; readonly removed: string[] } {
  const set: [string, string][] = [];
  const removed: string[] = [];
  for (const [key, record] of tail) {
    if (record === null) removed.push(key);
    else set.push([key, record]);
  }
  return { set, removed };
}

const objectText = (entries: readonly (readonly [string, string])[]): string =>
  `{${entries.map(([key, record]) => `${JSON.stringify(key)}:${record}`).join(",\n")}}`;
