import { CHECKPOINT_FILES, type CheckpointFile, type CheckpointKey } from "../core/checkpoint.js";
import type { Coder } from "./coder.js";

type Files = Readonly<Record<CheckpointFile, Uint8Array | null>>;

/**
 * Decodes the documents of a checkpoint. One that cannot be decoded throws when it is asked for, not before: listing a run needs
 * `meta.json` alone, and must not fail for the damage of another document.
 */
export async function decodedFiles(coder: Coder, { runId, seq, id }: CheckpointKey, files: Files): Promise<Files> {
  const decoded = {};
  const decode = async (part: CheckpointFile): Promise<void> => {
    const bytes = files[part];
    const found = bytes === null ? Promise.resolve(null) : coder.decode(bytes, { runId, seq, part, id });
    const get = await found.then(constant, throwing);
    Object.defineProperty(decoded, part, { get, enumerable: true });
  };
  await Promise.all(CHECKPOINT_FILES.map(decode));
  return decoded as Files;
}

const constant =
  <T>(value: T) =>
  (): T =>
    value;

const throwing = (error: unknown) => (): never => {
  throw error;
};
