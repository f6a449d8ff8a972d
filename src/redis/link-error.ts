/**
 * What became of a command that has no good answer: it was never sent (`unsent`), nobody knows whether the server has got it
 * (`lost`), or the server has `refused` it and done nothing.
 */
export type Fate = "unsent" | "lost" | "refused";

/** Why a command has no good answer. Holds nothing of what was sent, unlike the errors of ioredis. */
export class LinkError extends Error {
  constructor(
    readonly fate: Fate,
    /** The first word of a refusal, as `OOM`, or the code of a system error, as `ECONNREFUSED`. */
    readonly word: string | null,
    message: string,
  ) {
    super(message);
    this.name = "LinkError";
  }
}

/** What an error of a client means for the command that was sent. */
export function linkErrorOf(error: unknown): LinkError {
  if (error instanceof LinkError) return error;
  const { name, message, code } = (error ?? {}) as Readonly<Record<string, unknown>>;
  if (name === "ReplyError") return refusal(String(message));
  const word = typeof code === "string" && /^[A-Z][A-Z0-9_]+$/.test(code) ? code : null;
  return new LinkError("lost", word, word ?? "the connection was lost");
}

/** Redis 6 puts what a script has met behind its own words. A script that ends by itself cannot reckon with what it has found. */
function refusal(message: string): LinkError {
  const word = (/: -([A-Z]+) /.exec(message) ?? /^([A-Z]+)\b/.exec(message))?.[1] ?? null;
  if (word === "ERR" && /user_script:\d+: (attempt|bad argument)/.test(message)) {
    return new LinkError("refused", "DAMAGED", "a script has met a value of the wrong kind");
  }
  const text = message.replace(/,? with args beginning with.*/s, "").slice(0, 200);
  return new LinkError("refused", word, word === "NOPERM" ? "NOPERM" : text);
}
