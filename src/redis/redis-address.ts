import { InvalidOptionError } from "../core/errors.js";
import type { RedisClient } from "./redis-client.js";

/** A server and how to log in to it. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly isEncrypted: boolean;
  readonly username: string | null;
  readonly password: string | null;
}

/** The parts of `redis://user:password@host:port/db`. Throws `InvalidOptionError`, which names `owner` and shows nothing of the text. */
export function parseAddress(url: string, owner: string): RedisAddress {
  const found = URL.canParse(url) ? new URL(url) : null;
  // What stands behind an unescaped "#", "/" or "?" of a password would be taken for a part of the address, and be shown.
  if (found === null || !/^rediss?:$/.test(found.protocol) || !found.hostname || found.hash || found.search) throw badUrl(owner);
  const db = /^\/?(\d{0,5})$/.exec(found.pathname)?.[1];
  if (db === undefined) throw badUrl(owner);
  return {
    host: found.hostname.replace(/^\[|\]$/g, ""),
    port: Number(found.port || 6379),
    db: Number(db),
    isEncrypted: found.protocol === "rediss:",
    username: decoded(found.username, owner),
    password: decoded(found.password, owner),
  };
}

/** Where a server is, for messages: without user and password. */
export function shownAddress({ host, port, db, isEncrypted }: RedisAddress): string {
  return `redis${isEncrypted ? "s" : ""}://${host.includes(":") ? `[${host}]` : host}:${port}/${db}`;
}

/** Where the server of a client is, as far as the client tells. */
export function addressOfClient({ options = {} }: RedisClient): string {
  const { host, port, db } = options as Readonly<Record<string, unknown>>;
  if (typeof host !== "string") return "redis: (the server of a given client)";
  return shownAddress({ host, port: Number(port), db: Number(db ?? 0), isEncrypted: false, username: null, password: null });
}

function decoded(text: string, owner: string): string | null {
  if (text === "") return null;
  try {
    return decodeURIComponent(text);
  } catch {
    throw badUrl(owner);
  }
}

const badUrl = (owner: string): InvalidOptionError =>
  new InvalidOptionError(
    `url of a ${owner} is no address of a server: expected redis://user:password@host:6379/0 (or rediss://); write special characters of user and password as in encodeURIComponent, and give a client for other settings.`,
  );
