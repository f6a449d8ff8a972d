/** The keys of one run, in the order in which scripts take them. What stands in braces puts them in one slot of a cluster. */
export function runKeys(prefix: string, runId: string): readonly string[] {
  return RUN_PARTS.map((part) => `${prefix}:{${runId}}:${part}`);
}

/** The key that remembers what a question was answered, so that the same question gets the same answer. */
export const answerKey = (prefix: string, runId: string, question: string): string => `${prefix}:{${runId}}:answer:${question}`;

/** The names of all runs. */
export const runsKey = (prefix: string): string => `${prefix}:runs`;

/** Written when a store is opened. */
export const probeKey = (prefix: string): string => `${prefix}:probe`;

/**
 * - `owner`: epoch, token, holder, until, serial (of the newest commit); resumes, position, counted.
 * - `checkpoints`: seq -> id. `documents`: `<seq>/<file>` -> bytes, `<seq>/commit` -> which commit it was.
 * - `blobs`: digest -> bytes. `hidden`: digest -> until when, and who hides it. `pins`: ids.
 * - `journal`: seq, commit. `steps`: its records.
 */
const RUN_PARTS = ["owner", "checkpoints", "documents", "blobs", "hidden", "pins", "journal", "steps"] as const;

/** The same names in Lua. */
export const NAMED_KEYS = `local ${RUN_PARTS.join(", ")} = ${RUN_PARTS.map((_, place) => `KEYS[${place + 1}]`).join(", ")}`;
