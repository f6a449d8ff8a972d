import type { CheckpointFile, CheckpointKey, CheckpointRecord } from "../core/checkpoint.js";
import { isId } from "../core/ids.js";
import { isSeq, seqTaken } from "../core/store-checks.js";
import type { Query, Row } from "./connections.js";
import type { Database } from "./database.js";
import { removing } from "./removing.js";
import type { TableNames } from "./table-names.js";

/** The rows of checkpoints. */
export class CheckpointTable {
  readonly #checkpoints: string;
  readonly #runs: string;

  constructor(
    private readonly database: Database,
    names: TableNames,
  ) {
    this.#checkpoints = names.checkpoints;
    this.#runs = names.runs;
  }

  /** Adds a checkpoint and counts it, in one statement; resolves to `false` if its seq is taken. */
  async add(query: Query, { runId, seq, id, files }: CheckpointRecord, token: string): Promise<boolean> {
    const rows = await query(
      `WITH added AS (
         INSERT INTO ${this.#checkpoints} (run_id, seq, id, token, context, state, meta) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (run_id, seq) DO NOTHING RETURNING run_id)
       UPDATE ${this.#runs} AS run SET puts = puts + 1 FROM added WHERE run.run_id = added.run_id RETURNING 1`,
      [runId, seq, id, token, files.context, files.state, files.meta],
    );
    return rows.length > 0;
  }

  /** Whether this very owner has put this very checkpoint. */
  async has(query: Query, { runId, seq, id, files }: CheckpointRecord, token: string): Promise<boolean> {
    const rows = await query(
      `SELECT 1 FROM ${this.#checkpoints} WHERE run_id = $1 AND seq = $2 AND id = $3 AND token = $4
       AND context = $5::bytea AND state = $6::bytea AND meta = $7::bytea`,
      [runId, seq, id, token, files.context, files.state, files.meta],
    );
    return rows.length > 0;
  }

  /** Throws `SequenceTakenError`. */
  async taken(query: Query, key: CheckpointKey): Promise<never> {
    const [row] = await query(`SELECT id FROM ${this.#checkpoints} WHERE run_id = $1 AND seq = $2`, [key.runId, key.seq]);
    throw seqTaken(key, `checkpoint ${row?.["id"] ?? "(deleted since)"}`);
  }

  async list(runId: string): Promise<readonly CheckpointKey[]> {
    const rows = await this.database.read(
      { what: `listing the checkpoints of run ${runId}`, runId },
      `SELECT run_id, seq, id FROM ${this.#checkpoints} WHERE run_id = $1 ORDER BY seq`,
      [runId],
    );
    return rows.flatMap(keysIn);
  }

  async find(id: string): Promise<CheckpointKey | null> {
    const rows = await this.database.read(
      { what: `finding checkpoint ${id}`, checkpointId: id },
      `SELECT run_id, seq, id FROM ${this.#checkpoints} WHERE id = $1 ORDER BY run_id, seq LIMIT 1`,
      [id],
    );
    return rows.flatMap(keysIn)[0] ?? null;
  }

  async read({ runId, seq, id }: CheckpointKey): Promise<Readonly<Record<CheckpointFile, Uint8Array>> | null> {
    const [row] = await this.database.read(
      { what: `reading checkpoint ${id} of run ${runId}`, runId, checkpointId: id },
      `SELECT encode(context, 'base64') AS context, encode(state, 'base64') AS state, encode(meta, 'base64') AS meta
       FROM ${this.#checkpoints} WHERE run_id = $1 AND seq = $2 AND id = $3`,
      [runId, seq, id],
    );
    if (row === undefined) return null;
    const bytes = (name: CheckpointFile): Uint8Array => Buffer.from(row[name] ?? "", "base64");
    return { context: bytes("context"), state: bytes("state"), meta: bytes("meta") };
  }

  async delete({ runId, seq, id }: CheckpointKey): Promise<boolean> {
    return removing(this.database, { what: `deleting checkpoint ${id} of run ${runId}`, runId, checkpointId: id }, async (query) => {
      const rows = await query(`DELETE FROM ${this.#checkpoints} WHERE run_id = $1 AND seq = $2 AND id = $3 AND NOT pinned RETURNING 1`, [
        runId,
        seq,
        id,
      ]);
      return rows.length > 0;
    });
  }

  async pin({ runId, seq, id }: CheckpointKey, pinned: boolean): Promise<boolean> {
    return this.database.write({ what: `pinning checkpoint ${id} of run ${runId}`, runId, checkpointId: id }, async (query) => {
      const rows = await query(`UPDATE ${this.#checkpoints} SET pinned = $4 WHERE run_id = $1 AND seq = $2 AND id = $3 RETURNING 1`, [
        runId,
        seq,
        id,
        pinned,
      ]);
      return rows.length > 0;
    });
  }

  async pins(runId: string): Promise<readonly string[]> {
    const rows = await this.database.read(
      { what: `listing the pins of run ${runId}`, runId },
      `SELECT id FROM ${this.#checkpoints} WHERE run_id = $1 AND pinned ORDER BY id`,
      [runId],
    );
    return rows.map((row) => row["id"] ?? "").filter(isId);
  }

  async runs(): Promise<readonly string[]> {
    const rows = await this.database.read(
      { what: "listing the runs" },
      `SELECT run_id FROM ${this.#runs} AS run
       WHERE EXISTS (SELECT 1 FROM ${this.#checkpoints} AS checkpoint WHERE checkpoint.run_id = run.run_id) ORDER BY run_id`,
    );
    return rows.map((row) => row["run_id"] ?? "").filter(isId);
  }
}

/** The key of a row, or none of one that no store has written: its names could mean anything. */
function keysIn(row: Row): CheckpointKey[] {
  const key = { runId: row["run_id"] ?? "", seq: Number(row["seq"]), id: row["id"] ?? "" };
  return isId(key.runId) && isSeq(key.seq) && isId(key.id) ? [key] : [];
}
