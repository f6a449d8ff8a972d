// Writes with a store, closes nothing, and prints what would keep its process alive.
import { PostgresCheckpointStore } from "../../src/postgres/index.js";
import { recordOf } from "./records.js";

const store = new PostgresCheckpointStore({ url: process.env["STORE_URL"] ?? "", schema: process.env["STORE_SCHEMA"] ?? "" });
await store.open();
const writer = await store.acquire("r1");
await writer.put(recordOf("r1", 1));
await Promise.all(["r1", "r2", "r3"].map((runId) => store.list(runId)));
setImmediate(() => {
  process.stdout.write(`left: ${process.getActiveResourcesInfo().filter((kind) => /Timeout|Immediate|TCP/.test(kind))}`);
});
