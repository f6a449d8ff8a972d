import { createHash } from "node:crypto";
import type { CheckpointRecord } from "../../src/core/checkpoint.js";

/** A small checkpoint whose bytes tell which it is, and which blobs it needs. */
export function recordOf(seq: number, id = `c${seq}`, blobs: readonly string[] = []): CheckpointRecord {
  const bytes = (text: string) => new TextEncoder().encode(`${text} of ${id}`.padEnd(300, "."));
  const contents = blobs.map((text) => new TextEncoder().encode(text));
  return {
    runId: "r1",
    seq,
    id,
    files: { context: bytes("context"), state: new TextEncoder().encode(JSON.stringify({ id, blobs })), meta: bytes("meta") },
    blobs: new Map(contents.map((content) => [digestOf(content), content])),
  };
}

export const digestOf = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");
