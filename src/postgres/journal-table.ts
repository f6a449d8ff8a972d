import { createHash } from "node:crypto";
import { CheckpointCorruptError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { Query } from "./connections.js";
import type { Database } from "./database.js";
import type { TableNames } from "./table-names.js";

/** A record of a journal, and its place: the first one is `n` 1. */
export interface JournalPlace {
  readonly runId: string;
  readonly seq: number;
  readonly n: number;
  /** The journal it belongs to, by a name that no other journal has. */
  readonly journal: string;
}

/** The rows of journals, of which each run has one at most. */
export class JournalTable {
  readonly #journal: string;
  readonly #runs: string;

  constructor(
    private readonly database: Database,
    names: TableNames,
  ) {
    this.#journal = names.journal;
    this.#runs = names.runs;
  }

  /** Throws `CheckpointCorruptError` if a record is missing between two others, or is not as it was written. */
  async read(runId: string, seq: number): Promise<readonly Uint8Array[]> {
    const rows = await this.database.read(
      { what: `reading the journal of run ${runId}`, runId },
      `SELECT n, encode(record, 'base64') AS record, digest FROM ${this.#journal} WHERE run_id = $1 AND seq = $2 ORDER BY n`,
      [runId, seq],
    );
    return rows.map((row, before) => {
      const record = Buffer.from(row["record"] ?? "", "base64");
      if (Number(row["n"]) !== before + 1) throw damaged(runId, seq, `record ${row["n"]}`, `record ${before + 1} of ${rows.length}`);
      const digest = digestOf(record);
      if (digest !== row["digest"]) throw damaged(runId, seq, `record ${row["n"]} with digest ${digest}`, quoted(row["digest"]));
      return record;
    });
  }

  /** Starts an empty journal. */
  async begin(query: Query, runId: string, journal: string): Promise<void> {
    await query(`UPDATE ${this.#runs} SET journal = $2 WHERE run_id = $1`, [runId, journal]);
    await query(`DELETE FROM ${this.#journal} WHERE run_id = $1`, [runId]);
  }

  /** Adds a record behind the one before it; resolves to `false` if that is missing, or the place taken. */
  async add(query: Query, { runId, seq, n, journal }: JournalPlace, record: Uint8Array): Promise<boolean> {
    const rows = await query(
      `INSERT INTO ${this.#journal} (run_id, seq, n, journal, record, digest)
       SELECT $1::text, $2::bigint, $3::bigint, $4::text, $5::bytea, $6::text
       WHERE $3::bigint = 1 OR EXISTS (SELECT 1 FROM ${this.#journal} WHERE run_id = $1::text AND seq = $2::bigint AND n = $3::bigint - 1)
       ON CONFLICT (run_id, seq, n) DO NOTHING RETURNING 1`,
      [runId, seq, n, journal, record, digestOf(record)],
    );
    return rows.length > 0;
  }

  /** Whether the place is taken by a record of this very journal. */
  async has(query: Query, { runId, seq, n, journal }: JournalPlace): Promise<boolean> {
    const values = [runId, seq, n, journal];
    return (await query(`SELECT 1 FROM ${this.#journal} WHERE run_id = $1 AND seq = $2 AND n = $3 AND journal = $4`, values)).length > 0;
  }

  /** How many records there are. */
  async count(query: Query, { runId, seq }: JournalPlace): Promise<number> {
    const [row] = await query(`SELECT count(*) AS count FROM ${this.#journal} WHERE run_id = $1 AND seq = $2`, [runId, seq]);
    return Number(row?.["count"]);
  }
}

/** Nobody but this table knows what a record should be: the digests of checkpoints and blobs are kept by those who write them. */
const digestOf = (record: Uint8Array): string => createHash("sha256").update(record).digest("hex");

function damaged(runId: string, seq: number, found: string, expected: string): CheckpointCorruptError {
  return new CheckpointCorruptError(
    `the journal of run ${runId} after seq ${seq} is damaged: found ${found}, expected ${expected}; name a checkpoint with \`at\` to go back behind the steps it holds.`,
    { runId },
  );
}
