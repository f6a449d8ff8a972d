import { CheckpointCorruptError, CodecError, type ErrorFacts, LimitExceededError } from "../core/errors.js";
import type { StoredPlace } from "../core/store-codec.js";

/** Says that stored bytes are damaged, or not in their place. */
export function damaged(place: StoredPlace, what: string, cause?: unknown): CheckpointCorruptError {
  const file = fileOf(place);
  const message = `${textOf(place)}: ${what}; resume from another checkpoint.`;
  return new CheckpointCorruptError(message, { ...factsOf(place), file, ...(cause === undefined ? {} : { cause }) });
}

/** Says that a codec cannot have written what is stored, or cannot encode what is to be. */
export function misfit(place: StoredPlace, what: string, cause?: unknown): CodecError {
  return new CodecError(`${textOf(place)}: ${what}.`, { ...factsOf(place), ...(cause === undefined ? {} : { cause }) });
}

/** Says that something is too large to be decoded. */
export function tooLarge(place: StoredPlace, bytes: number, maxBytes: number, codec: string): LimitExceededError {
  const message = `${textOf(place)}: it has ${bytes} bytes unpacked: expected at most ${maxBytes}; if it is yours, pass a larger maxBytes to ${codec}.`;
  return new LimitExceededError(message, factsOf(place));
}

function fileOf({ part, id }: StoredPlace): string {
  if (part === "journal") return "journal";
  return part === "blob" ? `blob ${id}` : `${part}.json`;
}

function textOf(place: StoredPlace): string {
  const { runId, seq, part, id } = place;
  if (part === "blob") return `run ${runId}: blob ${id}`;
  if (part === "journal") return `run ${runId}: record ${id} of the journal after checkpoint ${seq}`;
  return `checkpoint ${seq} (${id}) of run ${runId}: ${fileOf(place)}`;
}

const factsOf = ({ runId, part, id }: StoredPlace): ErrorFacts =>
  part === "blob" || part === "journal" ? { runId } : { runId, checkpointId: id };
