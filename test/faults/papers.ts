import { createHash } from "node:crypto";
import type { CheckpointFile } from "../../src/core/checkpoint.js";
import type { CheckpointKey, CheckpointRecord, CheckpointStore } from "../../src/index.js";

/** The texts of a checkpoint, to be changed. `meta` is without its own digest. */
export interface Papers {
  readonly key: CheckpointKey;
  readonly context: string;
  readonly state: string;
  readonly meta: string;
  /** By digest. */
  readonly blobs: ReadonlyMap<string, string>;
}

const HEAD = /^\{"sha256":"[0-9a-f]{64}",\n/;
const digestOf = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex");
const encoder = new TextEncoder();
const textOf = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes ?? new Uint8Array());

/** Reads a checkpoint out of a store. */
export async function papersOf(store: CheckpointStore, key: CheckpointKey): Promise<Papers> {
  const files = await store.read(key);
  const meta = textOf(files?.meta).replace(HEAD, "{");
  const { blobs } = JSON.parse(meta) as { blobs: { sha256: string }[] };
  const texts = blobs.map(async ({ sha256 }) => [sha256, textOf(await store.readBlob(key.runId, sha256))] as const);
  return { key, context: textOf(files?.context), state: textOf(files?.state), meta, blobs: new Map(await Promise.all(texts)) };
}

/** A checkpoint of these texts whose digests are right, so that only their meaning can give it away. */
export function sealed({ key, context, state, meta, blobs }: Papers): CheckpointRecord {
  const renamed = [...blobs].map(([old, text]) => ({ old, text, now: digestOf(text) }));
  const follow = (text: string): string =>
    renamed.reduce((result, { old, now }) => (old === now ? result : result.replaceAll(old, now)), text);
  const files = { context: encoder.encode(follow(context)), state: encoder.encode(follow(state)) };
  const body = withDigests(follow(meta), files);
  return {
    ...key,
    files: { ...files, meta: encoder.encode(`{"sha256":"${digestOf(body)}",\n${body.slice(1)}`) },
    blobs: new Map(renamed.map(({ now, text }) => [now, encoder.encode(text)])),
  };
}

/** `meta.json` with the digests of the other two; left alone where it has no place for them. */
function withDigests(body: string, files: Readonly<Record<Exclude<CheckpointFile, "meta">, Uint8Array>>): string {
  let meta: { files?: Record<string, { sha256?: unknown } | null> } | null;
  try {
    meta = JSON.parse(body) as typeof meta;
  } catch {
    return body;
  }
  for (const [name, bytes] of Object.entries(files)) {
    const old = meta?.files?.[name]?.sha256;
    if (typeof old === "string" && /^[0-9a-f]{64}$/.test(old)) body = body.replace(old, digestOf(bytes));
  }
  return body;
}
