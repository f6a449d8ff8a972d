import { CheckpointStorageError, UnsafeStoreError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { Query } from "./connections.js";
import type { Database } from "./database.js";
import { TABLES_VERSION, tablesVersion } from "./make-tables.js";
import type { TableNames } from "./table-names.js";

/** Makes sure of the server and of the tables, and writes something. */
export async function prepare(database: Database, names: TableNames, allowUnsafe: boolean): Promise<void> {
  await database.write({ what: "opening the store" }, async (query) => {
    if (!allowUnsafe) await refuseUnsafe(query, database.location);
    const version = await tablesVersion(query, names);
    if (version !== String(TABLES_VERSION)) throw otherVersion(version, database.location);
    await query(`UPDATE ${names.about} SET version = version`);
  });
}

async function refuseUnsafe(query: Query, location: string): Promise<void> {
  const rows = await query("SELECT name FROM unnest(ARRAY['fsync', 'full_page_writes']) name WHERE current_setting(name) = 'off'");
  if (rows.length === 0) return;
  const found = rows.map(({ name }) => `${name} = off`).join(" and ");
  throw new UnsafeStoreError(
    `${location} can lose what it has confirmed when its machine fails: found ${found}, expected on; switch that on in postgresql.conf, or set allowUnsafe for tests.`,
  );
}

function otherVersion(version: string | null, location: string): CheckpointStorageError {
  return new CheckpointStorageError(
    `${location} cannot be used: found tables of version ${version === null ? "(none)" : quoted(version)}, expected ${quoted(String(TABLES_VERSION))}; use the version of cairnflow that made them, or another schema.`,
  );
}
