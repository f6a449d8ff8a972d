import type { Query } from "./connections.js";
import type { TableNames } from "./table-names.js";

/** The version of the tables, which grows when they change. */
export const TABLES_VERSION = 1;

/** "cairn" on a telephone. */
const LOCK = 22_476;

/** The version of the tables that are there, or `null` if there are none. Makes them where there are none. */
export async function tablesVersion(query: Query, names: TableNames): Promise<string | null> {
  if (await hasTables(query, names)) return versionIn(query, names);
  // Stores that are opened at the same moment would all make them, and all but one fail.
  await query(`SELECT pg_advisory_xact_lock(${LOCK})`);
  if (!(await hasTables(query, names))) await makeTables(query, names);
  return versionIn(query, names);
}

/** Looks into the catalogue itself: what a session remembers of it may be older than the lock. */
async function hasTables(query: Query, { schema }: TableNames): Promise<boolean> {
  return (await query("SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename = 'about'", [schema])).length > 0;
}

async function versionIn(query: Query, { about }: TableNames): Promise<string | null> {
  return (await query(`SELECT version FROM ${about}`))[0]?.["version"] ?? null;
}

/** Whoever may not make schemas can use one that is there already. */
async function makeTables(query: Query, names: TableNames): Promise<void> {
  const found = await query("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", [names.schema]);
  if (found.length === 0) await query(`CREATE SCHEMA "${names.schema}"`);
  await query(statements(names));
}

/**
 * Everything hangs on the row of its run. What is large is in columns of its own, which the server keeps apart, so that lists read
 * only what they show. The order of ids does not depend on the language of the database.
 */
const statements = ({ about, runs, checkpoints, blobs, journal }: TableNames): string => `
  CREATE TABLE ${about} (version integer NOT NULL);
  CREATE TABLE ${runs} (
    run_id text COLLATE "C" PRIMARY KEY,
    epoch bigint NOT NULL,
    token text,
    owner text,
    lease_until timestamptz,
    puts bigint NOT NULL DEFAULT 0,
    journal text,
    resume_position bytea,
    resume_count integer NOT NULL DEFAULT 0,
    resume_commit text
  );
  CREATE TABLE ${checkpoints} (
    run_id text COLLATE "C" NOT NULL REFERENCES ${runs} ON DELETE CASCADE,
    seq bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    token text NOT NULL,
    context bytea NOT NULL,
    state bytea NOT NULL,
    meta bytea NOT NULL,
    pinned boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run_id, seq)
  );
  CREATE INDEX checkpoints_by_id ON ${checkpoints} (id, run_id, seq);
  CREATE TABLE ${blobs} (
    run_id text COLLATE "C" NOT NULL REFERENCES ${runs} ON DELETE CASCADE,
    digest text COLLATE "C" NOT NULL,
    bytes bytea NOT NULL,
    hidden_by text,
    hidden_until timestamptz,
    PRIMARY KEY (run_id, digest)
  );
  CREATE TABLE ${journal} (
    run_id text COLLATE "C" NOT NULL REFERENCES ${runs} ON DELETE CASCADE,
    seq bigint NOT NULL,
    n bigint NOT NULL,
    journal text NOT NULL,
    record bytea NOT NULL,
    digest text NOT NULL,
    PRIMARY KEY (run_id, seq, n)
  );
  INSERT INTO ${about} VALUES (${TABLES_VERSION})`;
