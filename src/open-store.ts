import { withCodec } from "./codec/coded-store.js";
import type { CheckpointStore } from "./core/checkpoint.js";
import { InvalidOptionError } from "./core/errors.js";
import { checkedId, quoted } from "./core/ids.js";
import type { StoreCodec } from "./core/store-codec.js";
import { deferredStore } from "./deferred-store.js";
import { CheckpointHistory } from "./engine/checkpoint-history.js";
import { FileCheckpointStore } from "./file/file-checkpoint-store.js";
import { systemHost } from "./host/system-host.js";
import { MemoryCheckpointStore } from "./memory/memory-checkpoint-store.js";

/**
 * Where checkpoints are: a folder, `memory:` or `memory:<name>`, `redis://host:port/db`, `s3://bucket/prefix`,
 * `postgres://host/db`, a store, or an opened one.
 */
export type CheckpointLocation = string | CheckpointStore | CheckpointHistory;

/** Memory stores by name, so that a run of this process can be resumed by naming it again. */
const memoryStores = new Map<string, MemoryCheckpointStore>();

interface StoreServer {
  readonly kind: string;
  readonly load: (url: string) => Promise<CheckpointStore>;
}

/** Stores on servers, by the scheme of their address. */
const SERVERS: ReadonlyMap<string, StoreServer> = new Map<string, StoreServer>([
  ["redis", { kind: "redis", load: redisStore }],
  ["rediss", { kind: "redis", load: redisStore }],
  ["s3", { kind: "s3", load: s3Store }],
  ["postgres", { kind: "postgres", load: postgresStore }],
  ["postgresql", { kind: "postgres", load: postgresStore }],
]);

/** The store at a location. The kind is told by the text: `memory:`, the scheme of a server, or the path of a folder. */
export function storeAt(location: CheckpointLocation): CheckpointStore {
  if (location instanceof CheckpointHistory) return location.store;
  if (typeof location === "object" && location !== null && typeof location.acquire === "function") return location;
  if (typeof location !== "string" || location === "") {
    throw new InvalidOptionError(
      `the location of a checkpoint store is ${quoted(location)}: expected a folder's path, "memory:", the address of a server, or a CheckpointStore.`,
    );
  }
  if (location.startsWith("memory:")) return memoryStore(location.slice("memory:".length));
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(location)?.[1];
  return scheme === undefined ? new FileCheckpointStore(location) : serverStore(scheme.toLowerCase(), location);
}

function serverStore(scheme: string, url: string): CheckpointStore {
  const server = SERVERS.get(scheme);
  if (server !== undefined) return deferredStore(server.kind, withoutCredentials(url), () => server.load(url));
  throw new InvalidOptionError(
    `the location of a checkpoint store has the scheme ${quoted(scheme)}: expected a folder's path, memory:, ${[...SERVERS.keys()].map((name) => `${name}://`).join(", ")}; for another store pass the CheckpointStore itself.`,
  );
}

function withoutCredentials(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : null;
  // What stands behind an unescaped "#", "/" or "?" of a password would be taken for a part of the address, and be shown.
  if (url === null || (url.pathname + url.search + url.hash).includes("@")) {
    throw new InvalidOptionError(
      "the location of a checkpoint store is not a valid address: expected <scheme>://<host>/<path>; correct it, and write special characters of user and password as in encodeURIComponent.",
    );
  }
  return `${url.protocol}//${url.host}${url.pathname}`;
}

async function redisStore(url: string): Promise<CheckpointStore> {
  const { RedisCheckpointStore } = await import("./redis/index.js");
  return new RedisCheckpointStore({ url });
}

async function postgresStore(url: string): Promise<CheckpointStore> {
  const { PostgresCheckpointStore } = await import("./postgres/index.js");
  return new PostgresCheckpointStore({ url });
}

async function s3Store(url: string): Promise<CheckpointStore> {
  const { S3CheckpointStore, s3OptionsFromUrl } = await import("./s3/index.js");
  return new S3CheckpointStore(s3OptionsFromUrl(url));
}

function memoryStore(name: string): MemoryCheckpointStore {
  if (name !== "") checkedId(name, "name of a memory store");
  const store = memoryStores.get(name) ?? new MemoryCheckpointStore();
  memoryStores.set(name, store);
  return store;
}

/**
 * Opens a checkpoint store to look into it. With a `codec` it reads and writes what is encoded with it: pass what this returns
 * wherever a location is asked for.
 *
 * ```ts
 * const checkpoints = openCheckpointStore("./checkpoints");
 * for (const { id, steps, progress } of await checkpoints.list("run-1")) console.log(id, steps, progress);
 * ```
 */
export function openCheckpointStore(
  location: CheckpointLocation,
  { codec }: { readonly codec?: StoreCodec | readonly StoreCodec[] } = {},
): CheckpointHistory {
  const store = storeAt(location);
  return new CheckpointHistory(codec === undefined ? store : withCodec(store, codec), systemHost());
}
