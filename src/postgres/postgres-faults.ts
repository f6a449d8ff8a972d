import {
  type CairnError,
  CheckpointStorageError,
  CheckpointWriteError,
  CommitOutcomeUnknownError,
  StoreUnavailableError,
} from "../core/errors.js";

/** What the store was about to do, for messages. */
export interface Errand {
  /** As in `storing checkpoint a`. */
  readonly what: string;
  readonly runId?: string;
  readonly checkpointId?: string;
  /** Whether it stores what a run has done. */
  readonly isSaving?: boolean;
}

/**
 * Why a statement failed: its connection was `lost` (or there was none), another transaction was in `conflict` with it, it was not
 * done in time (`late`), or the server has `refused` it.
 */
export type Fault = "lost" | "conflict" | "late" | "refused";

const FAULTS: readonly (readonly [pattern: RegExp, fault: Fault])[] = [
  // Broken connections, shutdowns, a server that starts, sessions that were idle for too long, and too many of them.
  [/^08|^57P0[1235]$|^25P03$|^53300$/, "lost"],
  [/^40(001|P01)$/, "conflict"],
  [/^(57014|55P03)$/, "late"],
];

export function faultOf(error: unknown): Fault {
  const state = sqlState(error);
  if (state === null) return isOfClient(error) ? "refused" : "lost";
  return FAULTS.find(([pattern]) => pattern.test(state))?.[1] ?? "refused";
}

/** As `faultOf`, of a COMMIT: a server that fails in the middle of it, as of a disk, may have written it all the same. */
export function commitFaultOf(error: unknown): Fault {
  const fault = faultOf(error);
  return fault === "refused" ? "lost" : fault;
}

/** What is no plain error was not about the connection: a text that is too long, for one. Nor is a password that `pg` cannot use. */
const isOfClient = (error: unknown): boolean => error instanceof Error && (!/^(Aggregate)?Error$/.test(error.name) || isOfPassword(error));

/** What `pg` finds before it has asked the server has no code. */
const isOfPassword = (error: unknown): boolean => error instanceof Error && error.message.startsWith("SASL:");

const REMEDIES: readonly (readonly [pattern: RegExp, found: string, remedy: string])[] = [
  [/^28/, "that it knows no such user and password", "mend user and password"],
  [/^3D000/, "no such database", "create it, or mend the address"],
  [/^53100/, "a full disk", "free some space on the disk of the server"],
  [/^25006|^0A000/, "a server that can only be read", "give the address of the primary server, or make this one writable"],
  [/^42501/, "missing privileges", "grant this user the rights to read and write the tables, and to create them if they are missing"],
  [/^42P07/, "tables of somebody else", "choose another schema"],
  [/^42P01|^42703|^3F000/, "no tables of this version", "open the store again, which makes them"],
  [/^5[34]/, "a limit that was reached", "raise the limits of the server, or store less"],
  [/^57014/, "a statement that took too long", "raise statementTimeoutMs, or store less at a time"],
  [/^55P03/, "a lock that somebody else holds", "see who holds it, or raise statementTimeoutMs"],
  [/^58|^XX/, "damage or a failing disk", "check the disk and the log of the server"],
];

/** The error to throw for what a statement failed with; `isUnsure` after a commit whose answer was lost. */
export function explained(cause: unknown, errand: Errand, location: string, isUnsure: boolean): CairnError {
  const { what, isSaving = false, ...ids } = errand;
  const facts = { ...ids, cause };
  if (isUnsure) {
    return new CommitOutcomeUnknownError(
      `the answer to a commit was lost (${what} in ${location}): found ${foundIn(cause)} when asking again, expected to learn whether it was applied; look at what is stored once the server answers.`,
      { ...facts, outcome: "unknown" },
    );
  }
  if (faultOf(cause) !== "refused") {
    const remedy = remedyFor(cause)?.[2] ?? "see that the server runs and can be reached,";
    return new StoreUnavailableError(
      `${what} failed, as ${location} does not answer, or not in time: found ${foundIn(cause)}, expected an answer; nothing of it was done, ${remedy} and try again.`,
      facts,
    );
  }
  const remedy = remedyFor(cause)?.[2] ?? "see the cause";
  const message = `${what} failed in ${location}: found ${foundIn(cause)}, expected it to succeed; nothing of it was done, ${remedy} and try again.`;
  return isSaving ? new CheckpointWriteError(message, facts) : new CheckpointStorageError(message, facts);
}

/** Texts of a server may hold names and values: they stay in the cause. */
function foundIn(error: unknown): string {
  const state = sqlState(error);
  if (state !== null) return `${remedyFor(error)?.[1] ?? "a refusal"} (SQLSTATE ${state})`;
  if (isOfPassword(error)) return "a password that is missing or cannot be used";
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^[A-Z][A-Z0-9_]+$/.test(code) ? code : "a lost connection";
}

const remedyFor = (error: unknown) => {
  const state = sqlState(error) ?? (isOfPassword(error) ? "28" : "");
  return REMEDIES.find(([pattern]) => pattern.test(state));
};

/** The code of an error that a server has sent, or `null` for any other. */
function sqlState(error: unknown): string | null {
  const { severity, code } = (error ?? {}) as { severity?: unknown; code?: unknown };
  return typeof severity === "string" && typeof code === "string" ? code : null;
}
