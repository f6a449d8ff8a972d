import { textWidth } from "./text-width.js";

/** Where progress is written: a stream of Node, `process.stderr` for one. */
export interface ProgressStream {
  write(text: string): unknown;
  on?(event: "error", listener: (error: Error) => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  /** Whether what was written before still waits to be taken. */
  readonly writableNeedDrain?: boolean;
}

const WIDTH = 80;
const HEIGHT = 24;
const CLEAR_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";
const up = (lines: number): string => (lines === 0 ? "" : `\u001b[${lines}A`);

/** Streams that have a listener for errors, for good: a closed pipe must not end the process, not even after the run. */
const guarded = new WeakMap<ProgressStream, { hasFailed: boolean }>();

function guard(stream: ProgressStream): { hasFailed: boolean } {
  const known = guarded.get(stream);
  if (known !== undefined) return known;
  const health = { hasFailed: false };
  guarded.set(stream, health);
  stream.on?.("error", () => {
    health.hasFailed = true;
  });
  return health;
}

/** Writes lines, or frames of lines in the place of the ones before. Never throws, and is silent once the stream has failed. */
export class ProgressWriter {
  #frame: readonly string[] = [];
  readonly #health: { hasFailed: boolean };

  constructor(private readonly stream: ProgressStream) {
    this.#health = guard(stream);
  }

  /** Columns that a line may take. The last one stays free: some terminals wrap a line that fills it. */
  get width(): number {
    return Math.max(1, (this.stream.columns || WIDTH) - 1);
  }

  /** Lines that a frame may take: more could not be taken back. */
  get height(): number {
    return Math.max(1, (this.stream.rows || HEIGHT) - 1);
  }

  line(text: string): void {
    this.#write(`${text}\n`);
  }

  /** Puts a frame in the place of the one before. The cursor is never hidden, and stands below the frame: there is nothing to restore. */
  frame(lines: readonly string[]): void {
    const same = lines.length === this.#frame.length && lines.every((line, at) => line === this.#frame[at]);
    if (same || this.stream.writableNeedDrain === true) return;
    this.#write(`${up(this.#rows())}\r${lines.map((line) => `${line}${CLEAR_LINE}\n`).join("")}${CLEAR_BELOW}`);
    this.#frame = lines;
  }

  /** How many rows the last frame takes now: a window that has become narrower wraps its lines. */
  #rows(): number {
    const columns = this.width + 1;
    return this.#frame.reduce((rows, line) => rows + Math.max(1, Math.ceil(textWidth(line) / columns)), 0);
  }

  #write(text: string): void {
    if (this.#health.hasFailed) return;
    try {
      this.stream.write(text);
    } catch {
      this.#health.hasFailed = true;
    }
  }
}
