import {
  type CairnError,
  CheckpointCorruptError,
  CheckpointStorageError,
  CheckpointWriteError,
  CommitOutcomeUnknownError,
  StoreUnavailableError,
} from "../core/errors.js";
import type { LinkError } from "./link-error.js";

/** What the store was about to do, for messages. */
export interface Errand {
  /** As in `storing checkpoint a`. */
  readonly what: string;
  /**
   * Whether it only looks, changes something, or saves what a run has done; `prepare` is what goes before that, of which nobody need
   * know whether it was done.
   */
  readonly effect: "read" | "change" | "prepare" | "save";
  readonly runId?: string;
  readonly checkpointId?: string;
}

interface Remedy {
  readonly found: string;
  readonly remedy: string;
  /** Whether it may pass by itself, so that it is worth asking again. */
  readonly passes: boolean;
}

const REMEDIES: ReadonlyMap<string, Remedy> = new Map(
  (
    [
      ["OOM", false, "a full server (maxmemory is reached)", "give the server more memory or delete old checkpoints"],
      ["MISCONF", false, "a server that cannot save to its disk", "see the log of the server"],
      ["NOREPLICAS", false, "too few replicas of the server", "see to the replicas"],
      ["WRONGPASS", false, "that it knows no such user and password", "mend user and password"],
      ["NOAUTH", false, "that it wants a password", "give user and password"],
      ["NOPERM", false, "missing rights", "grant this user the commands of scripts (+@all is enough) and the keys below the prefix"],
      ["WRONGTYPE", false, "keys of somebody else", "choose another prefix"],
      ["CROSSSLOT", false, "a server that splits the keys of a run", "give a Cluster of ioredis as the client"],
      ["CLOSED", false, "that the store was closed", "open it"],
      ["ENOTFOUND", false, "a host that nobody knows", "mend the address"],
      ["READONLY", true, "a replica that can only be read", "give the address of the primary server"],
      ["LOADING", true, "a server that is still loading its data", "wait until it has"],
      ["BUSY", true, "a server that is busy with a script", "see which script of whom that is"],
      ["MASTERDOWN", true, "a replica that has lost its primary server", "see to the primary server"],
      ["CLUSTERDOWN", true, "a cluster that is not whole", "see to the cluster"],
      ["TRYAGAIN", true, "a cluster that is moving these keys", "wait until it has"],
      ["MOVED", true, "keys that lie on another server of a cluster", "give a Cluster of ioredis as the client"],
    ] as const
  ).map(([word, passes, found, remedy]) => [word, { found, remedy, passes }]),
);

const remedyFor = ({ word }: LinkError): Remedy | undefined => REMEDIES.get(word ?? "");

/** Whether it is worth asking again. */
export const mayPass = (error: LinkError): boolean => remedyFor(error)?.passes ?? error.fate !== "refused";

/** The error to throw for what a command failed with; `isUnsure` if it may have been done all the same. */
export function explained(cause: LinkError, errand: Errand, location: string, isUnsure: boolean): CairnError {
  const { what, effect, ...ids } = errand;
  const facts = { ...ids, cause };
  const remedy = remedyFor(cause);
  const found = `${remedy?.found ?? (cause.fate === "refused" ? "a refusal" : "a lost connection")} (${cause.word ?? "no code"})`;
  const isSaving = effect === "save" || effect === "prepare";
  if (isUnsure && (effect === "change" || effect === "save")) {
    return new CommitOutcomeUnknownError(
      `the answer to a command was lost (${what} in ${location}): found ${found} when asking again, expected to learn whether it was done; look at what is stored once the server answers.`,
      { ...facts, outcome: "unknown" },
    );
  }
  if (mayPass(cause) || cause.fate !== "refused") {
    return new StoreUnavailableError(
      `${what} failed, as ${location} cannot be used now: found ${found}, expected an answer in time; nothing of it was done, ${remedy?.remedy ?? "see that the server runs and can be reached"}, and try again.`,
      facts,
    );
  }
  if (cause.word === "DAMAGED") {
    return new CheckpointCorruptError(
      `${what} failed in ${location}: found values that no store has written, expected its own; nothing of it was done, restore the keys from a backup, delete the run, or choose another prefix.`,
      facts,
    );
  }
  const message = `${what} failed in ${location}: found ${found}, expected it to succeed; nothing of it was done, ${remedy?.remedy ?? "see the cause"}, and try again.`;
  return isSaving ? new CheckpointWriteError(message, facts) : new CheckpointStorageError(message, facts);
}
