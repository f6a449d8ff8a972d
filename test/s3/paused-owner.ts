// <url>: acquires run r1 with a short lease, stores checkpoint 1 and a step, and says so. Then for each message { what } puts
// checkpoint 2 or appends a step, but if it is told to stops as a whole (SIGSTOP) where the request that commits would be sent;
// answers { code, stopped }.
import { AwsClient } from "aws4fetch";
import { S3CheckpointStore } from "../../src/s3/s3-checkpoint-store.js";
import { bytesOf, record } from "../../src/testing/checkpoint-store-support.js";
import { TEST_USER } from "../servers/s3-signature.js";

const [endpoint = ""] = process.argv.slice(2);
const signer = new AwsClient({ ...TEST_USER, region: "us-east-1", service: "s3", retries: 0 });
let stopsAtCommit = false;
let stopped = 0;
const client = {
  fetch: (url: string, init: RequestInit) => {
    if (stopsAtCommit && init.method === "PUT" && url.includes("/heads/")) {
      stopsAtCommit = false;
      stopped++;
      process.kill(process.pid, "SIGSTOP");
    }
    return signer.fetch(url, init);
  },
};

const store = new S3CheckpointStore({ bucket: "bucket", prefix: "team/runs", endpoint, client, leaseMs: 1_000 });
const writer = await store.acquire("r1");
await writer.put(record("r1", 1, "a"));
const journal = await writer.beginJournal(1);
await journal.append(bytesOf("one"));

process.on("disconnect", () => process.exit());
process.on("message", async ({ what, stops }: { what: "put" | "append"; stops: boolean }) => {
  stopsAtCommit = stops;
  const late = what === "put" ? writer.put(record("r1", 2, "late", bytesOf("late blob"))) : journal.append(bytesOf("late"));
  const code = await late.then(
    () => "stored",
    (error: { code: string }) => error.code,
  );
  process.send?.({ code, stopped });
});
process.send?.({ epoch: writer.epoch });
