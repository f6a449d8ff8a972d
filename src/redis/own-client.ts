import { isIP } from "node:net";
import { MissingPackageError } from "../core/errors.js";
import { LinkError, linkErrorOf } from "./link-error.js";
import type { RedisAddress } from "./redis-address.js";
import type { RedisClient } from "./redis-client.js";
import type { Wire } from "./redis-link.js";

/** The calls of an ioredis `Redis` that are made when a store makes its own. */
interface OwnClient extends RedisClient {
  readonly status: string;
  on(event: "error", listener: (error: unknown) => void): unknown;
  on(event: "connect", listener: () => void): unknown;
  connect(): Promise<void>;
  disconnect(): void;
}

interface IoredisModule {
  readonly Redis: new (options: ReturnType<typeof clientOptions>) => OwnClient;
}

/** Connects to a server, and keeps connecting. Resolves, too, if it cannot be reached. Throws `MissingPackageError`. */
export async function ownWire(address: RedisAddress, limitMs: number, load: () => Promise<IoredisModule> = loadIoredis): Promise<Wire> {
  const { Redis } = await load();
  const client = new Redis(clientOptions(address, limitMs));
  let lastError: LinkError | null = null;
  let refused: LinkError | null = null;
  let isEnded = false;
  client.on("connect", () => (refused = null));
  client.on("error", (error) => {
    lastError = linkErrorOf(error);
    // A client whose login or choice of a database was refused would go on all the same, with another user or database.
    if (lastError.fate === "refused") refused = lastError;
  });
  await client.connect().catch(() => {});
  const obstacle = (): LinkError | null => {
    if (isEnded) return new LinkError("unsent", "CLOSED", "the store was closed");
    if (refused !== null || client.status === "ready") return refused;
    return new LinkError("unsent", lastError?.word ?? null, lastError?.message ?? "there is no connection");
  };
  const end = (): void => {
    isEnded = true;
    client.disconnect();
  };
  return { client, obstacle, end };
}

/** Nothing is sent later than it was asked for, nor a second time: what is asked again is decided by who knows what it does. */
function clientOptions({ host, port, db, isEncrypted, username, password }: RedisAddress, limitMs: number) {
  return {
    host,
    port,
    db,
    family: 0,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    // A number is no name that a server could have.
    ...(isEncrypted ? { tls: isIP(host) ? {} : { servername: host } } : {}),
    lazyConnect: true,
    enableReadyCheck: false,
    // Its answer, coming after a connection has broken, would make the client take itself for ready, and never connect again.
    disableClientInfo: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: limitMs,
    socketTimeout: limitMs,
    keepAlive: 10_000,
    retryStrategy: (attempt: number) => Math.min(25 * 2 ** attempt, 1_000, limitMs),
    // The address may lead to another server by now, which is the primary.
    reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
  };
}

async function loadIoredis(): Promise<IoredisModule> {
  return importing(() => import("ioredis"));
}

/** Throws `MissingPackageError` if a module cannot be loaded. */
async function importing<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    throw new MissingPackageError(
      'the package "ioredis" cannot be loaded, which connects to Redis: expected version 5.9 or newer to be installed; run `npm install ioredis`.',
      { cause },
    );
  }
}
