import { describe, it } from "vitest";
import { MemoryCheckpointStore } from "../../src/memory/memory-checkpoint-store.js";
import { checkpointStoreContract } from "../../src/testing/checkpoint-store-contract.js";

describe("MemoryCheckpointStore", () => {
  it.each(checkpointStoreContract)("$name", async ({ check }) => {
    await check(async () => new MemoryCheckpointStore());
  });
});
