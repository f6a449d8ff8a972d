import { describe, it } from "vitest";
import { withCodec } from "../../src/codec/coded-store.js";
import { MemoryCheckpointStore } from "../../src/memory/memory-checkpoint-store.js";
import { checkpointStoreContract } from "../../src/testing/checkpoint-store-contract.js";
import { CODECS } from "./support.js";

describe.each(CODECS)("a store with %s", (_, codec) => {
  it.each(checkpointStoreContract)("$name", async ({ check }) => {
    await check(async () => withCodec(new MemoryCheckpointStore(), codec()));
  });
});
