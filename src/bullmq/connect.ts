import { type CairnError, StoreUnavailableError, UnsafeRedisConfigError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { RedisLike } from "./connection.js";

/** Answers that will stay the same, however often they are asked for. */
const REFUSALS = /^(WRONGPASS|NOAUTH|NOPERM|ERR (invalid password|Client sent AUTH|DB index))/;

/** Connects a client, and keeps it connected. Throws `StoreUnavailableError` if there is no server within `limitMs`, or if it refuses. */
export async function connected(client: RedisLike, limitMs: number): Promise<RedisLike> {
  const error = await new Promise<CairnError | null>((resolve) => {
    let last = "no answer";
    const timer = setTimeout(() => resolve(unavailable(`no connection within ${limitMs} ms (${last})`)), limitMs);
    const hear = (error: unknown): void => {
      last = wordOf(error);
      if (REFUSALS.test(messageOf(error))) resolve(unavailable(`a refusal of the login (${last})`));
    };
    client.on("error", hear);
    client
      .connect()
      .catch(hear)
      .then(() => client.call("PING"))
      .then(() => resolve(null), hear)
      .finally(() => {
        clearTimeout(timer);
        client.off("error", hear);
      });
  });
  if (error === null) return client;
  client.disconnect();
  throw error;
}

/** Throws `UnsafeRedisConfigError` for a server that may drop jobs when it is full. */
export async function refuseEviction(client: RedisLike): Promise<void> {
  const info = String(await client.call("INFO", "memory").catch(() => ""));
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy === undefined || policy === "noeviction") return;
  throw new UnsafeRedisConfigError(
    `the Redis of the queue may drop jobs: found maxmemory-policy ${quoted(policy)}, expected "noeviction"; set that on the server.`,
  );
}

const unavailable = (found: string): StoreUnavailableError =>
  new StoreUnavailableError(
    `the Redis of the queue cannot be used: found ${found}, expected to be connected; see that it runs and mend the connection option.`,
  );

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : "");

/** A code or the first word of a reply: the rest may say more than a log should. */
function wordOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === "string" ? code : (/^[A-Z]{3,}/.exec(messageOf(error))?.[0] ?? "no code");
}
