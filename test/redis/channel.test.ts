import { randomUUID } from "node:crypto";
import { describe, it } from "vitest";
import { channelContract } from "../../src/testing/channel-contract.js";
import { sharedRedis } from "../servers/redis.js";
import { newChannel, pass } from "./channel-support.js";
import { newClient } from "./support.js";

const url = sharedRedis();

describe("RedisChannel, as every channel,", () => {
  for (const { name, check } of channelContract) {
    it(name, () =>
      check(async () => {
        const prefix = `test-${randomUUID()}`;
        const client = newClient(url());
        return {
          channel: newChannel({ url: url(), prefix }),
          pass: (ms) => pass(client, `${prefix}:{_shared}:channel:0:index`, ms),
        };
      }),
    );
  }
});
