import type { CheckpointFile, CheckpointKey } from "../core/checkpoint.js";
import type { RunWriter } from "../core/run-writer.js";

/** What a memory store holds of one run. */
export class MemoryRun {
  readonly checkpoints = new Map<number, { readonly key: CheckpointKey; readonly files: Readonly<Record<CheckpointFile, Uint8Array>> }>();
  readonly blobs = new Map<string, Uint8Array>();
  readonly pins = new Set<string>();
  /** The epoch of the last acquisition. */
  epoch = 0;
  owner: RunWriter | null = null;
  journal: { readonly seq: number; readonly records: Uint8Array[] } | null = null;
  /** The last position it was resumed from, and how often in a row. */
  resumes: { readonly position: string; readonly count: number } | null = null;
}

/** Not `slice`, which shares the memory where the bytes are a Buffer. */
export const copy = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

export function copied(files: Readonly<Record<CheckpointFile, Uint8Array>>): Record<CheckpointFile, Uint8Array> {
  return { context: copy(files.context), state: copy(files.state), meta: copy(files.meta) };
}
