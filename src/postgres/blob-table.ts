import { randomUUID } from "node:crypto";
import { isDigest } from "../core/store-checks.js";
import type { Query } from "./connections.js";
import type { Database } from "./database.js";
import { removing } from "./removing.js";
import type { TableNames } from "./table-names.js";

/** A blob that is out of sight while somebody asks whether it is used comes back after this time, should nobody answer. */
const HIDDEN_SECONDS = 60;
/** A blob is removed only if this much of the time is left, so that nobody can have seen it again. */
const SPARE_SECONDS = 30;
const VISIBLE = "(hidden_until IS NULL OR hidden_until <= clock_timestamp())";

/** How much is sent in one statement. */
const LOAD = { blobs: 500, bytes: 1 << 24 };

/** The rows of blobs. */
export class BlobTable {
  readonly #blobs: string;

  constructor(
    private readonly database: Database,
    names: TableNames,
  ) {
    this.#blobs = names.blobs;
  }

  /** Stores what is not there yet, and shows again what is being deleted. */
  async add(query: Query, runId: string, blobs: ReadonlyMap<string, Uint8Array>): Promise<void> {
    for (const load of loads(blobs)) {
      const rows = load.map((_, place) => `($1::text, $${2 * place + 2}::text, $${2 * place + 3}::bytea)`);
      await query(
        `INSERT INTO ${this.#blobs} AS blob (run_id, digest, bytes) VALUES ${rows.join()}
         ON CONFLICT (run_id, digest) DO UPDATE SET hidden_by = NULL, hidden_until = NULL WHERE blob.hidden_by IS NOT NULL`,
        [runId, ...load.flat()],
      );
    }
  }

  async read(runId: string, digest: string): Promise<Uint8Array | null> {
    const [row] = await this.database.read(
      { what: `reading blob ${digest} of run ${runId}`, runId },
      `SELECT encode(bytes, 'base64') AS bytes FROM ${this.#blobs} WHERE run_id = $1 AND digest = $2 AND ${VISIBLE}`,
      [runId, digest],
    );
    return row === undefined ? null : Buffer.from(row["bytes"] ?? "", "base64");
  }

  async digests(runId: string): Promise<readonly string[]> {
    const rows = await this.database.read(
      { what: `listing the blobs of run ${runId}`, runId },
      `SELECT digest FROM ${this.#blobs} WHERE run_id = $1 AND ${VISIBLE} ORDER BY digest`,
      [runId],
    );
    return rows.map((row) => row["digest"] ?? "").filter(isDigest);
  }

  /** Hides it, asks, and removes it if nobody has stored it again meanwhile. */
  async delete(runId: string, digest: string, isUnused: () => Promise<boolean>): Promise<boolean> {
    const mark = randomUUID();
    if (!(await this.#hide(runId, digest, mark))) return false;
    let isGone = false;
    try {
      isGone = (await isUnused()) && (await this.#remove(runId, digest, mark));
    } finally {
      if (!isGone) await this.#show(runId, digest, mark);
    }
    return isGone;
  }

  #hide(runId: string, digest: string, mark: string): Promise<boolean> {
    return this.database.write({ what: `deleting blob ${digest} of run ${runId}`, runId }, async (query) => {
      const rows = await query(
        `UPDATE ${this.#blobs} SET hidden_by = $3::text, hidden_until = clock_timestamp() + interval '${HIDDEN_SECONDS} seconds'
         WHERE run_id = $1 AND digest = $2 AND (hidden_by = $3::text OR ${VISIBLE}) RETURNING 1`,
        [runId, digest, mark],
      );
      return rows.length > 0;
    });
  }

  #remove(runId: string, digest: string, mark: string): Promise<boolean> {
    return removing(this.database, { what: `deleting blob ${digest} of run ${runId}`, runId }, async (query) => {
      const rows = await query(
        `DELETE FROM ${this.#blobs} WHERE run_id = $1 AND digest = $2 AND hidden_by = $3
         AND hidden_until > clock_timestamp() + interval '${SPARE_SECONDS} seconds' RETURNING 1`,
        [runId, digest, mark],
      );
      return rows.length > 0;
    });
  }

  async #show(runId: string, digest: string, mark: string): Promise<void> {
    await this.database.write({ what: `putting back blob ${digest} of run ${runId}`, runId }, (query) =>
      query(
        `UPDATE ${this.#blobs} SET hidden_by = NULL, hidden_until = NULL
         WHERE run_id = $1 AND digest = $2 AND hidden_by = $3`,
        [runId, digest, mark],
      ),
    );
  }
}

type Blob = readonly [digest: string, bytes: Uint8Array];

function loads(blobs: ReadonlyMap<string, Uint8Array>): Blob[][] {
  const found: Blob[][] = [];
  let room = 0;
  for (const blob of blobs) {
    const load = found.at(-1);
    if (load === undefined || load.length === LOAD.blobs || room < blob[1].length) {
      found.push([blob]);
      room = LOAD.bytes - blob[1].length;
    } else {
      load.push(blob);
      room -= blob[1].length;
    }
  }
  return found;
}
