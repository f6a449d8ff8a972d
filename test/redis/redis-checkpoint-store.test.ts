import { describe, it } from "vitest";
import { checkpointStoreContract } from "../../src/testing/checkpoint-store-contract.js";
import { sharedRedis } from "../servers/redis.js";
import { openedStore } from "./support.js";

describe("RedisCheckpointStore", () => {
  const url = sharedRedis();

  it.each(checkpointStoreContract)("$name", async ({ check }) => {
    await check(() => openedStore({ url: url() }));
  });
});
