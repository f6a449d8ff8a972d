import { BlobTable } from "./blob-table.js";
import { CheckpointTable } from "./checkpoint-table.js";
import type { Database } from "./database.js";
import { JournalTable } from "./journal-table.js";
import { RunTable } from "./run-table.js";
import type { TableNames } from "./table-names.js";

/** The tables of a store that is open. */
export interface StoreTables {
  readonly database: Database;
  readonly runs: RunTable;
  readonly checkpoints: CheckpointTable;
  readonly blobs: BlobTable;
  readonly journals: JournalTable;
}

export function storeTables(database: Database, names: TableNames, leaseMs: number): StoreTables {
  return {
    database,
    runs: new RunTable(database, names, leaseMs),
    checkpoints: new CheckpointTable(database, names),
    blobs: new BlobTable(database, names),
    journals: new JournalTable(database, names),
  };
}
