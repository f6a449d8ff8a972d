import { describe, it } from "vitest";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { checkpointStoreContract } from "../../src/testing/checkpoint-store-contract.js";
import { temporaryFolder } from "./support.js";

describe("FileCheckpointStore", () => {
  it.each(checkpointStoreContract)("$name", async ({ check }) => {
    await check(async () => {
      const store = new FileCheckpointStore(await temporaryFolder());
      await store.open();
      return store;
    });
  });
});
