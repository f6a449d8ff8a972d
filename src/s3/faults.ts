import type { CheckpointKey } from "../core/checkpoint.js";
import {
  type CairnError,
  CheckpointCorruptError,
  CheckpointStorageError,
  CheckpointWriteError,
  type Outcome,
  StoreUnavailableError,
} from "../core/errors.js";
import type { S3Answer, S3Loss } from "./transport.js";

const CREDENTIALS = "check the credentials, and that they are those of this endpoint";
const REGION = "set `region` to that of the bucket";
const EXPIRED = "get new credentials: these have expired or been revoked";

const REMEDIES = new Map([
  ["NoSuchBucket", "create the bucket, or name another"],
  ["InvalidBucketName", "name an existing bucket"],
  ["AccessDenied", "allow s3:GetObject, s3:PutObject and s3:DeleteObject for its objects, and s3:ListBucket for the bucket"],
  ["InvalidAccessKeyId", CREDENTIALS],
  ["SignatureDoesNotMatch", CREDENTIALS],
  ["ExpiredToken", EXPIRED],
  ["InvalidToken", EXPIRED],
  ["RequestTimeTooSkewed", "set the clock of this machine: it differs too much from the server's"],
  ["AuthorizationHeaderMalformed", REGION],
  ["PermanentRedirect", REGION],
  ["TemporaryRedirect", "try again when the bucket has been set up, or set its `endpoint`"],
  ["EntityTooLarge", "store less in one checkpoint"],
]);

/** Says that the server has refused a request for good. Only the code of its answer is shown: the rest may hold credentials. */
export function refused(what: string, location: string, answer: S3Answer): CheckpointStorageError {
  const { status, code, headers } = answer;
  const region = headers.get("x-amz-bucket-region") ?? "";
  const where = /^[A-Za-z0-9-]{1,64}$/.test(region) ? ` (the bucket is in ${region})` : "";
  const remedy = REMEDIES.get(code ?? codeOf(status)) ?? "see what the server's documentation says of this";
  return new CheckpointStorageError(
    `${what} ${location}: found ${status} ${code ?? codeOf(status)}${where}, expected it to succeed; ${remedy} and try again.`,
  );
}

/** An answer to HEAD has no body to tell its code. */
const codeOf = (status: number): string =>
  new Map([
    [301, "PermanentRedirect"],
    [403, "AccessDenied"],
  ]).get(status) ?? "without a code";

/** Says that there is no answer, or none that counts. */
export function unavailable(what: string, location: string, reply: S3Answer | S3Loss, outcome: Outcome): StoreUnavailableError {
  const found = reply.kind === "answer" ? `${reply.status} ${reply.code ?? ""}`.trim() : reasonOf(reply.cause);
  return new StoreUnavailableError(
    `${what} ${location}: found ${found} each time, expected an answer; see whether the server can be reached, and try again.`,
    { outcome, ...(reply.kind === "loss" ? { cause: reply.cause } : {}) },
  );
}

/** The code or the name of an error: its message may hold what was sent. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return "an unknown error";
  return "code" in inner && typeof inner.code === "string" ? inner.code : inner.name;
}

/** Says that a checkpoint was not written, whatever the server said. */
export function notWritten({ runId, seq, id }: CheckpointKey, location: string, cause: CairnError): CheckpointWriteError {
  return new CheckpointWriteError(
    `checkpoint ${id} (seq ${seq} of run ${runId}) could not be written to ${location}, and the one before it is as it was: ${cause.message}`,
    { runId, checkpointId: id, cause, outcome: cause.outcome },
  );
}

/** Says that an object of a run is not as it was written. Without its head, nobody can tell what belongs to a run. */
export function damaged(runId: string, what: "head" | "index" | "journal", found: string): CheckpointCorruptError {
  const remedy = what === "head" ? "remove all that the bucket has of the run" : "delete the run";
  return new CheckpointCorruptError(
    `the ${what} of run ${runId} is damaged: found ${found}, expected what this store has written; restore the object from a backup, or ${remedy}.`,
    { runId, file: what },
  );
}
