import { createHash } from "node:crypto";
import type { CheckpointRecord } from "../../src/core/checkpoint.js";

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array | null): string => new TextDecoder().decode(bytes ?? new Uint8Array());
export const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A checkpoint whose documents and blob follow from its name. */
export function recordOf(runId: string, seq: number, id = `c${seq}`): CheckpointRecord {
  const files = { context: bytesOf(`context of ${id}`), state: bytesOf(`state of ${id}`), meta: bytesOf(`meta of ${id}`) };
  return { runId, seq, id, files, blobs: new Map([[digestOf(id), bytesOf(id)]]) };
}
