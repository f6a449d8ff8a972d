import { InvalidOptionError } from "../core/errors.js";
import type { PostgresPool } from "./postgres-pool.js";

/** Where a database is, for messages: `postgres://host:port/database`, without user and password. */
export function addressOf(url: string): string {
  const address = plainAddress(url);
  if (address !== null) return address;
  throw new InvalidOptionError(
    "url of a PostgresCheckpointStore is no address of a database: expected postgres://user:password@host:5432/database; write special characters of user and password as in encodeURIComponent.",
  );
}

/** `null` for what cannot be shown without a risk. */
function plainAddress(url: string): string | null {
  const found = URL.canParse(url) ? new URL(url) : null;
  // What stands behind an unescaped "#", "/" or "@" of a password would be taken for a part of the address, and be shown.
  const isPlain = found !== null && !/@/.test(found.pathname + found.search) && found.hash === "";
  if (!isPlain || !["postgres:", "postgresql:"].includes(found.protocol)) return null;
  return shown(found.searchParams.get("host") ?? found.hostname, found.port, decoded(found.pathname.slice(1)));
}

/** Where the database of a pool is, as far as the pool tells. It may know more kinds of addresses than can be shown. */
export function addressOfPool({ options = {} }: PostgresPool): string {
  const { connectionString, host, port, database } = options;
  if (connectionString !== undefined && connectionString !== null) return plainAddress(connectionString) ?? "postgres://(not shown)";
  return shown(host ?? "", port ?? "", database ?? "");
}

const shown = (host: string, port: string | number, database: string): string =>
  `postgres://${host || "localhost"}:${port || 5432}/${database}`;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
