/** Refusals of a server that is not yet, or not any more, the one to ask. */
const PASSING = /^(LOADING|READONLY|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED)\b/;

/** Whether it is worth putting a job again: not if the server has read it and refused it for good. */
export function mayPass(error: unknown): boolean {
  return !isReply(error) || isPassingReply(error);
}

/** Whether the server that was asked is not the right one for the moment. */
export const isPassingReply = (error: unknown): boolean => isReply(error) && PASSING.test(error.message);

const isReply = (error: unknown): error is Error => error instanceof Error && error.name === "ReplyError";

/** The error of a client without the command that has failed: it holds values. */
export function withoutValues(error: unknown): Error {
  return error instanceof Error ? Object.assign(new Error(error.message), { name: error.name }) : new Error("the client has failed");
}
