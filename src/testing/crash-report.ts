import { CairnError } from "../core/errors.js";
import type { CrashOutcome } from "./crash-judge.js";
import { type CrashWhen, pointName } from "./crash-moment.js";

/** One kill of a crash matrix, and what came of it. */
export interface CrashCell {
  /** The moment, as in `3rd append, step of pay cycle 2`. */
  readonly boundary: string;
  readonly when: CrashWhen;
  /** Whether the run was killed there: a cell in which it was not proves nothing, and is broken. */
  readonly killed: boolean;
  readonly outcome: CrashOutcome;
  /** What is wrong, in words; `null` for nothing. */
  readonly problem: string | null;
}

/** A run that was killed does not end as one that was not; `cells` are those that broke. */
export class CrashMatrixError extends CairnError {
  readonly code = "CRASH_MATRIX";
  constructor(
    message: string,
    readonly cells: readonly CrashCell[],
  ) {
    super(message);
  }
}

const SHOWN = 20;

/** What came of all kills. */
export class CrashReport {
  constructor(
    readonly cells: readonly CrashCell[],
    /** How many cells there would be without `limit`. */
    readonly total: number,
  ) {}

  get ok(): boolean {
    return this.broken.length === 0;
  }

  /** The cells that broke. */
  get broken(): readonly CrashCell[] {
    return this.cells.filter(({ outcome }) => outcome !== "same");
  }

  /** Throws `CrashMatrixError`, which names the moments at which a kill breaks the run. */
  assertGreen(): void {
    const { broken } = this;
    if (broken.length === 0) return;
    const lines = broken.slice(0, SHOWN).map(({ when, boundary, problem }) => `  killed ${pointName(when, boundary)}: ${problem}`);
    if (broken.length > SHOWN) lines.push(`  and ${broken.length - SHOWN} more`);
    const message = `${broken.length} of ${this.cells.length} kills broke the run: expected each to end as if it had not been; see what is repeated or lost there.`;
    throw new CrashMatrixError(`${message}\n${lines.join("\n")}`, broken);
  }

  /** A table of all cells. */
  toString(): string {
    const killed = this.cells.filter((cell) => cell.killed).length;
    const head = `${this.cells.length} of ${this.total} cells, ${killed} killed, ${this.cells.length - this.broken.length} same, ${this.broken.length} broken`;
    const rows = this.cells.map(({ when, boundary, outcome, problem }) => [pointName(when, boundary), outcome, problem ?? ""]);
    const width = (column: number): number => Math.max(0, ...rows.map((row) => (row[column] as string).length));
    const [first, second] = [width(0), width(1)];
    const lines = rows.map(([name = "", outcome = "", problem = ""]) =>
      `${name.padEnd(first)}  ${outcome.padEnd(second)}  ${problem}`.trimEnd(),
    );
    return [head, ...lines].join("\n");
  }
}
