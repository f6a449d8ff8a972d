import { randomUUID } from "node:crypto";
import { CheckpointStorageError, StoreUnavailableError, UnsafeRedisConfigError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { PROBE } from "./index-scripts.js";
import type { Errand } from "./redis-faults.js";
import type { RedisServer } from "./redis-server.js";
import { namesOf } from "./replies.js";
import { probeKey } from "./run-keys.js";

const OPENING: Errand = { what: "opening the store", effect: "read" };

/** Makes sure of the server: that it answers, keeps what it is told, and can be written. */
export async function prepare(server: RedisServer, prefix: string, allowEviction: boolean): Promise<void> {
  try {
    await server.ask(OPENING, "ping", []);
    if (!allowEviction) await refuseEviction(server);
    await server.run(OPENING, PROBE, [probeKey(prefix)], [randomUUID()]);
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    throw new CheckpointStorageError(error.message, { cause: error.cause });
  }
}

async function refuseEviction(server: RedisServer): Promise<void> {
  const policy = (await configuredPolicy(server)) ?? (await reportedPolicy(server));
  if (policy === "noeviction") return;
  throw new UnsafeRedisConfigError(
    `${server.location} can lose what it has confirmed: found maxmemory-policy ${policy === null ? "(unknown)" : quoted(policy)}, expected "noeviction"; set that on the server, or set allowEviction if checkpoints may get lost.`,
  );
}

/** Many servers in the cloud do not let their configuration be read. */
async function configuredPolicy(server: RedisServer): Promise<string | null> {
  try {
    return namesOf(await server.ask(OPENING, "config", ["get", "maxmemory-policy"]))[1] ?? null;
  } catch (error) {
    if (error instanceof CheckpointStorageError) return null;
    throw error;
  }
}

async function reportedPolicy(server: RedisServer): Promise<string | null> {
  try {
    const info = String(await server.ask(OPENING, "info", ["memory"]));
    return /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? null;
  } catch (error) {
    if (error instanceof CheckpointStorageError) return null;
    throw error;
  }
}
