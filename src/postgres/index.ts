/** Checkpoints in a PostgreSQL database. Needs the package `pg`. */

export { PostgresCheckpointStore } from "./postgres-checkpoint-store.js";
export type { PostgresCheckpointStoreOptions } from "./postgres-options.js";
export type { PostgresClient, PostgresPool, PostgresStatement } from "./postgres-pool.js";
