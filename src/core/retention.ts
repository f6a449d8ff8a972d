import type { CheckpointInfo } from "./checkpoint.js";
import type { KeepPolicy } from "./checkpoint-policy.js";

/** A blob that a checkpoint names. */
export interface NamedBlob {
  readonly sha256: string;
  readonly bytes: number;
}

/** What retention needs to know of a checkpoint. `bytes` counts its documents and the blobs it names. */
export interface Keepable extends Pick<CheckpointInfo, "runId" | "id" | "seq" | "metrics" | "bytes"> {
  readonly blobs: readonly NamedBlob[];
}

/** What the rules say of some checkpoints, before their size is looked at. */
export interface Judgement<Checkpoint> {
  /** Kept by no rule, oldest first. */
  readonly doomed: readonly Checkpoint[];
  readonly best: ReadonlySet<Checkpoint>;
  /** The last ones; the newest is always among them. */
  readonly recent: ReadonlySet<Checkpoint>;
}

/** Judges checkpoints, which come oldest first, by the rules `last`, `every` and `best`. */
export function judge<Checkpoint extends Keepable>(
  checkpoints: readonly Checkpoint[],
  keep: KeepPolicy,
  pins: ReadonlySet<string>,
): Judgement<Checkpoint> {
  const recent = new Set(checkpoints.slice(-(keep.last ?? 1)));
  const best = new Set(bestOf(checkpoints, keep));
  const doomed = checkpoints.filter((one) => !(recent.has(one) || best.has(one) || pins.has(one.id) || isKeptForGood(one, keep)));
  return { doomed, best, recent };
}

/** Whether a rule keeps this checkpoint whatever comes after it. */
export function isKeptForGood({ seq }: Keepable, { last, every, best }: KeepPolicy): boolean {
  if (every !== null) return seq % every === 0;
  return last === null && best === null;
}

/**
 * The checkpoints that are not to be kept, oldest first. Never the newest, never a pinned one. What the rules keep goes
 * oldest first while all of it together is larger than `maxBytes`, the best ones last. A blob that several name counts once.
 */
export function prunable<Checkpoint extends Keepable>(
  checkpoints: readonly Checkpoint[],
  keep: KeepPolicy,
  pins: ReadonlySet<string>,
): readonly Checkpoint[] {
  const sorted = [...checkpoints].sort((a, b) => a.seq - b.seq);
  const { doomed, best } = judge(sorted, keep, pins);
  const gone = new Set(doomed);
  const footprint = new Footprint();
  for (const one of sorted) if (!gone.has(one)) footprint.add(one);
  const open = sorted.slice(0, -1).filter((one) => !gone.has(one) && !pins.has(one.id));
  for (const one of [...open.filter((each) => !best.has(each)), ...open.filter((each) => best.has(each))]) {
    if (keep.maxBytes === null || footprint.bytes <= keep.maxBytes) break;
    footprint.drop(one);
    gone.add(one);
  }
  return sorted.filter((one) => gone.has(one));
}

/** Of equal ones the oldest is best: the others only carry its value along. A checkpoint without a number is never best. */
function bestOf<Checkpoint extends Keepable>(checkpoints: readonly Checkpoint[], { best }: KeepPolicy): Checkpoint[] {
  if (best === null) return [];
  const { metric, mode, count } = best;
  const value = ({ metrics }: Keepable): number => (Object.hasOwn(metrics, metric) ? (metrics[metric] as number) : Number.NaN);
  const order = (a: Checkpoint, b: Checkpoint): number => {
    const [x, y] = mode === "min" ? [value(a), value(b)] : [value(b), value(a)];
    if (x === y) return a.seq - b.seq;
    return x < y ? -1 : 1;
  };
  return checkpoints
    .filter((one) => !Number.isNaN(value(one)))
    .sort(order)
    .slice(0, count);
}

/** What some checkpoints take up together, and which blobs they name. */
export class Footprint {
  bytes = 0;
  readonly #names = new Map<string, number>();

  add({ bytes, blobs }: Keepable): void {
    this.bytes += bytes;
    for (const { sha256, bytes: size } of blobs) {
      const names = this.#names.get(sha256) ?? 0;
      this.#names.set(sha256, names + 1);
      if (names > 0) this.bytes -= size;
    }
  }

  /** Returns the digests of the blobs that none of the others name. */
  drop({ bytes, blobs }: Keepable): string[] {
    const freed: string[] = [];
    this.bytes -= bytes;
    for (const { sha256, bytes: size } of blobs) {
      const names = (this.#names.get(sha256) ?? 1) - 1;
      if (names > 0) {
        this.#names.set(sha256, names);
        this.bytes += size;
      } else {
        this.#names.delete(sha256);
        freed.push(sha256);
      }
    }
    return freed;
  }

  names(sha256: string): boolean {
    return this.#names.has(sha256);
  }
}
