import { describe, expect, it } from "vitest";
import { deferredStore } from "../../src/deferred-store.js";
import { MemoryCheckpointStore } from "../../src/memory/memory-checkpoint-store.js";
import { checkpointStoreContract } from "../../src/testing/checkpoint-store-contract.js";

describe("a store that is loaded when it is first used", () => {
  it.each(checkpointStoreContract)("$name", async ({ check }) => {
    await check(async () => {
      const store = new MemoryCheckpointStore();
      return deferredStore(store.kind, store.location, async () => store);
    });
  });

  it("is loaded once, and not at all to be closed", async () => {
    let loads = 0;
    const store = deferredStore("memory", "memory:", async () => {
      loads++;
      return new MemoryCheckpointStore();
    });
    await store.close();
    expect(loads).toBe(0);
    await Promise.all([store.runs(), store.owner("r1")]);
    expect(loads).toBe(1);
  });
});
