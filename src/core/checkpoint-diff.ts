import type { CheckpointView } from "./checkpoint-view.js";
import { InvalidOptionError } from "./errors.js";

/** One place where two checkpoints differ. A side that has nothing there has no field. */
export interface CheckpointDifference {
  /** As `channel.model.weights[3]`, `tasks.train`, `completed.load`, `metrics.loss`, `results.load.rows`. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface DiffOptions {
  /** By how much two numbers may differ and still count as equal; 0 unless given. */
  readonly tolerance?: number;
}

/** What differs from one checkpoint to another, path by path, in the order of the paths. Throws `InvalidOptionError`. */
export function diffCheckpoints(
  a: CheckpointView,
  b: CheckpointView,
  { tolerance = 0 }: DiffOptions = {},
): readonly CheckpointDifference[] {
  if (!(typeof tolerance === "number" && tolerance >= 0)) {
    throw new InvalidOptionError(
      `option tolerance is ${typeof tolerance === "number" ? tolerance : typeof tolerance}: expected a number from 0 up.`,
    );
  }
  const walk = new Walk(tolerance);
  for (const [name, of] of SECTIONS) walk.compare(name, of(a), of(b));
  return walk.found;
}

const SECTIONS: readonly (readonly [string, (view: CheckpointView) => ReadonlyMap<string, unknown>])[] = [
  ["channel", (view) => view.channel],
  ["results", (view) => view.results],
  ["tasks", (view) => new Map(view.tasks.map(({ specId, ...task }) => [specId, task]))],
  ["completed", (view) => view.completedTasks],
  ["metrics", (view) => view.metrics],
];

/** What a value consists of: its fields, items or entries by the end of their path. `null`: it is one piece. */
type Parts = ReadonlyMap<string, unknown> | null;

class Walk {
  readonly found: CheckpointDifference[] = [];

  constructor(private readonly tolerance: number) {}

  compare(path: string, before: unknown, after: unknown): void {
    if (this.#same(before, after)) return;
    const [left, right] = kindOf(before) === kindOf(after) ? [partsOf(before), partsOf(after)] : [null, null];
    if (left === null || right === null) {
      if (!isAlike(before, after)) this.found.push({ path, before, after });
      return;
    }
    for (const end of new Set([...left.keys(), ...right.keys()])) {
      if (!right.has(end)) this.found.push({ path: path + end, before: left.get(end) });
      else if (!left.has(end)) this.found.push({ path: path + end, after: right.get(end) });
      else this.compare(path + end, left.get(end), right.get(end));
    }
  }

  #same(before: unknown, after: unknown): boolean {
    if (Object.is(before, after)) return true;
    return typeof before === "number" && typeof after === "number" && Math.abs(before - after) <= this.tolerance;
  }
}

function kindOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? Object.getPrototypeOf(value) : typeof value;
}

function partsOf(value: unknown): Parts {
  if (typeof value !== "object" || value === null) return null;
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
    return new Map(Array.from(value as ArrayLike<unknown>, (item, place) => [`[${place}]`, item]));
  }
  if (value instanceof Map) return new Map(Array.from(value, ([key, item]) => [endOf(key), item]));
  if (value instanceof Set) return new Map(Array.from(value, (item, place) => [`[${place}]`, item]));
  const fields = Object.entries(value);
  return isWhole(value) ? null : new Map(fields.map(([key, item]) => [endOf(key), item]));
}

/** Values that keep what they are out of their fields. */
const isWhole = (value: object): boolean =>
  value instanceof Date || value instanceof RegExp || value instanceof URL || value instanceof Error;

/** Whether two values that are compared in one piece say the same. */
function isAlike(before: unknown, after: unknown): boolean {
  if (typeof before !== "object" || typeof after !== "object" || before === null || after === null) return false;
  if (kindOf(before) !== kindOf(after) || !isWhole(before)) return false;
  return before instanceof Date ? Object.is(before.getTime(), (after as Date).getTime()) : String(before) === String(after);
}

const endOf = (key: unknown): string => (typeof key === "string" && /^[\w$.-]+$/.test(key) ? `.${key}` : `[${describe(key)}]`);

const describe = (key: unknown): string => (typeof key === "string" ? JSON.stringify(key) : String(key));
