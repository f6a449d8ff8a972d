import { CairnError, StoreUnavailableError } from "../core/errors.js";
import { withoutValues } from "./client-faults.js";

/** Waits for an answer of the server, but not for longer than this. Throws `StoreUnavailableError`, also if the server refuses. */
export async function answered<Value>(limitMs: number, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(silent(limitMs)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    throw error instanceof CairnError ? error : refused(error);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}

const silent = (limitMs: number): StoreUnavailableError =>
  new StoreUnavailableError(
    `the Redis of the queue has not answered within ${limitMs} ms, and may have done what it was asked; see to the server, and ask again: that does nothing twice.`,
    { outcome: "unknown" },
  );

function refused(cause: unknown): StoreUnavailableError {
  const word = /^[A-Z]{3,}/.exec(cause instanceof Error ? cause.message : "")?.[0] ?? "no code";
  return new StoreUnavailableError(
    `the Redis of the queue cannot be used: found a refusal (${word}), expected a server that takes writes; see to the server, or mend the connection option.`,
    { cause: withoutValues(cause), outcome: "unknown" },
  );
}
