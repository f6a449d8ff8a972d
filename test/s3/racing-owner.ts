// <url>: for each message { runId, id } races for the run, and answers { epoch }: who gets it puts a checkpoint before.
import { RunOwnedError } from "../../src/core/errors.js";
import { S3CheckpointStore } from "../../src/s3/s3-checkpoint-store.js";
import { record } from "../../src/testing/checkpoint-store-support.js";
import { TEST_USER } from "../servers/s3-signature.js";

const [endpoint = ""] = process.argv.slice(2);
const store = new S3CheckpointStore({ bucket: "bucket", prefix: "team/runs", endpoint, credentials: TEST_USER });

process.on("disconnect", () => process.exit());
process.on("message", async ({ runId, id }: { runId: string; id: string }) => {
  try {
    const writer = await store.acquire(runId);
    await writer.put(record(runId, 1, id));
    process.send?.({ epoch: writer.epoch });
  } catch (error) {
    if (!(error instanceof RunOwnedError)) throw error;
    process.send?.({ epoch: null });
  }
});
