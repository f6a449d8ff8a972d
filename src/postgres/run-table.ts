import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { StoreRolledBackError } from "../core/errors.js";
import type { RunOwner } from "../core/run-writer.js";
import { runOwned, staleOwner } from "../core/store-checks.js";
import type { Query, Row } from "./connections.js";
import type { Database } from "./database.js";
import { removing } from "./removing.js";
import type { TableNames } from "./table-names.js";

/** The right to write a run: a text that nobody else has. */
export interface Claim {
  readonly runId: string;
  readonly epoch: number;
  readonly token: string;
}

/** What is known of a run whose row is locked. */
export interface LockedRun {
  /** How many checkpoints its owners have ever put. */
  readonly puts: number;
  /** The journal that is written now. */
  readonly journal: string | null;
}

/** The rows of runs: who owns them, and what is counted of them. */
export class RunTable {
  readonly #runs: string;
  readonly #checkpoints: string;

  constructor(
    private readonly database: Database,
    names: TableNames,
    private readonly leaseMs: number,
  ) {
    this.#runs = names.runs;
    this.#checkpoints = names.checkpoints;
  }

  /** Throws `RunOwnedError`. Done again with the same token it finds what it did. */
  async acquire(runId: string, takeOver: boolean): Promise<Claim & LockedRun> {
    const token = randomUUID();
    const values = [runId, token, `process ${process.pid} on host ${hostname()}`, this.leaseMs, takeOver];
    return this.database.write({ what: `acquiring run ${runId}`, runId }, async (query) => {
      const [row] = await query(
        `INSERT INTO ${this.#runs} AS run (run_id, epoch, token, owner, lease_until) VALUES ($1::text, 1, $2::text, $3::text, ${leaseOf("$4")})
         ON CONFLICT (run_id) DO UPDATE SET epoch = run.epoch + (run.token IS DISTINCT FROM $2::text)::integer,
           token = $2::text, owner = $3::text, lease_until = ${leaseOf("$4")}
         WHERE run.token IS NULL OR run.token = $2::text OR run.lease_until <= clock_timestamp() OR $5::boolean
         RETURNING epoch, puts, journal`,
        values,
      );
      if (row !== undefined) return { runId, token, epoch: Number(row["epoch"]), ...lockedRun(row) };
      const [other] = await query(`SELECT owner FROM ${this.#runs} WHERE run_id = $1`, [runId]);
      throw runOwned(runId, other?.["owner"] ?? "an unknown owner");
    });
  }

  async owner(runId: string): Promise<RunOwner | null> {
    const [row] = await this.database.read(
      { what: `reading the owner of run ${runId}`, runId },
      `SELECT epoch, owner, lease_until > clock_timestamp() AS is_alive FROM ${this.#runs} WHERE run_id = $1 AND token IS NOT NULL`,
      [runId],
    );
    if (row === undefined) return null;
    return { epoch: Number(row["epoch"]), isAlive: row["is_alive"] === "t", description: row["owner"] ?? "" };
  }

  /** Locks the row of a run until the transaction ends, so that nobody can take it over meanwhile. `null` if it was taken over already. */
  async lock(query: Query, { runId, token }: Claim): Promise<LockedRun | null> {
    const [row] = await query(`SELECT token, puts, journal FROM ${this.#runs} WHERE run_id = $1 FOR UPDATE`, [runId]);
    return row?.["token"] === token ? lockedRun(row) : null;
  }

  /** As `lock`, but throws `StaleOwnerError`. */
  async own(query: Query, claim: Claim): Promise<LockedRun> {
    return (await this.lock(query, claim)) ?? this.stale(query, claim);
  }

  /** Throws what stands in the place of an owner. */
  async stale(query: Query, { runId, epoch }: Claim): Promise<never> {
    const [row] = await query(`SELECT epoch FROM ${this.#runs} WHERE run_id = $1 AND token IS NOT NULL`, [runId]);
    throw staleOwner(
      runId,
      epoch,
      row === undefined ? "that it has let go of the run, or the run deleted" : `an owner in epoch ${row["epoch"]}`,
    );
  }

  async renew(claim: Claim): Promise<void> {
    await this.database.write({ what: `renewing the lease of run ${claim.runId}`, runId: claim.runId }, async (query) => {
      await this.own(query, claim);
      await query(`UPDATE ${this.#runs} SET lease_until = ${leaseOf("$2")} WHERE run_id = $1`, [claim.runId, this.leaseMs]);
    });
  }

  async release({ runId, token }: Claim): Promise<void> {
    await this.database.write({ what: `letting go of run ${runId}`, runId }, (query) =>
      query(`UPDATE ${this.#runs} SET token = NULL, owner = NULL, lease_until = NULL WHERE run_id = $1 AND token = $2`, [runId, token]),
    );
  }

  /** The commit has a name, so that done again it does not count twice. */
  async countResume(claim: Claim, position: string | null): Promise<number> {
    const values = [claim.runId, position === null ? null : Buffer.from(position), randomUUID()];
    return this.database.write({ what: `counting a resume of run ${claim.runId}`, runId: claim.runId, isSaving: true }, async (query) => {
      await this.own(query, claim);
      const [row] = await query(
        `UPDATE ${this.#runs} SET resume_position = $2::bytea, resume_commit = $3::text,
           resume_count = CASE WHEN $2::bytea IS NULL THEN 0 WHEN resume_commit = $3::text THEN resume_count
             WHEN resume_position = $2::bytea THEN resume_count + 1 ELSE 1 END
         WHERE run_id = $1 RETURNING resume_count`,
        values,
      );
      return Number(row?.["resume_count"]);
    });
  }

  /** All that is stored of a run hangs on its row. */
  async delete(runId: string): Promise<boolean> {
    return removing(this.database, { what: `deleting run ${runId}`, runId }, async (query) => {
      await query(`SELECT 1 FROM ${this.#runs} WHERE run_id = $1 FOR UPDATE`, [runId]);
      const found = await query(`SELECT 1 FROM ${this.#checkpoints} WHERE run_id = $1 LIMIT 1`, [runId]);
      await query(`DELETE FROM ${this.#runs} WHERE run_id = $1`, [runId]);
      return found.length > 0;
    });
  }
}

/** Says that a server has lost what it had confirmed. */
export function rolledBack(runId: string, found: string, expected: string): StoreRolledBackError {
  return new StoreRolledBackError(
    `the server has lost what it had confirmed of run ${runId}: found ${found}, expected ${expected}; it was set back to an older state, resume the run from its newest checkpoint.`,
    { runId },
  );
}

/** The end of a lease of some milliseconds, by the clock of the server. */
const leaseOf = (parameter: string): string => `clock_timestamp() + ${parameter}::float8 * interval '1 millisecond'`;

const lockedRun = (row: Row): LockedRun => ({ puts: Number(row["puts"]), journal: row["journal"] ?? null });
