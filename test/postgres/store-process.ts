// A process with a store: does what it is told, one thing after the other, and sends back how it ended. It is told in messages;
// where the database is stands in its environment.
import pg from "pg";
import type { Journal } from "../../src/core/journal.js";
import type { RunWriter } from "../../src/core/run-writer.js";
import { PostgresCheckpointStore } from "../../src/postgres/index.js";
import { bytesOf, recordOf } from "./records.js";
import type { Order } from "./remote-store.js";
import { WatchedPool } from "./watched-pool.js";

const { STORE_URL: connectionString, STORE_SCHEMA: schema = "", STORE_LEASE_MS: leaseMs } = process.env;
const pool = new WatchedPool(new pg.Pool({ connectionString }).on("error", () => {}));
const store = new PostgresCheckpointStore({ pool, schema, leaseMs: Number(leaseMs), statementTimeoutMs: 4_000 });
let writer: RunWriter | null = null;
let journal: Journal | null = null;

async function done({ what, runId, seq = 1 }: Order): Promise<unknown> {
  if (what === "acquire") return (writer = await store.acquire(runId)).epoch;
  if (what === "put") return writer?.put(recordOf(runId, seq, `p${process.pid}-${seq}`));
  if (what === "begin") return void (journal = (await writer?.beginJournal(seq)) ?? null);
  if (what === "append") return journal?.append(bytesOf(`step of ${process.pid}`));
  if (what === "stop before the next commit") return void stopOnce();
  return writer?.[what]();
}

function stopOnce(): void {
  pool.watch = {
    before: (text) => {
      if (text !== "COMMIT") return;
      pool.watch = {};
      process.kill(process.pid, "SIGSTOP");
    },
  };
}

process.on("message", (order: Order) => {
  done(order).then(
    (value) => process.send?.({ value: value ?? null }),
    (error: { code?: unknown; outcome?: unknown }) => process.send?.({ code: error.code, outcome: error.outcome }),
  );
});
await store.open();
process.send?.({ value: "ready" });
