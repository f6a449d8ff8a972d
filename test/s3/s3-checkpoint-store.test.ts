import { describe, it } from "vitest";
import { checkpointStoreContract } from "../../src/testing/checkpoint-store-contract.js";
import { startServer, storeOn } from "./support.js";

describe("S3CheckpointStore", () => {
  // Pages of five names, so that every listing of more is read by its pages.
  it.each(checkpointStoreContract)("$name", async ({ check }) => {
    await check(async () => {
      const store = storeOn(await startServer({ pageSize: 5 }));
      await store.open();
      return store;
    });
  });
});
