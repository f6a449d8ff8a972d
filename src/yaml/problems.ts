import type { Place } from "./located.js";
import { PipelineError, type PipelineProblem } from "./pipeline-errors.js";

const SHOWN = 50;

/** Collects what is wrong with the text of a pipeline, so that one error can tell all of it. */
export class Problems {
  readonly #found: PipelineProblem[] = [];

  constructor(
    /** What the text is called in messages: the path it was read from, or `pipeline`. */
    readonly file: string,
  ) {}

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }

  add({ line, column }: Place, message: string): void {
    this.#found.push({ line, column, message });
  }

  /** Throws `PipelineError` if there are any. */
  assertNone(): void {
    if (this.isEmpty) return;
    const problems = this.#found.toSorted((a, b) => a.line - b.line || a.column - b.column);
    const lines = problems.slice(0, SHOWN).map(({ line, column, message }) => `${this.file}:${line}:${column}: ${message}`);
    if (problems.length === 1) throw new PipelineError(lines[0] as string, problems);
    const more = problems.length > SHOWN ? `\n- and ${problems.length - SHOWN} more` : "";
    throw new PipelineError(`${this.file} has ${problems.length} problems:\n- ${lines.join("\n- ")}${more}`, problems);
  }
}
