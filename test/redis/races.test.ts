import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { RunOwnedError } from "../../src/core/errors.js";
import type { RedisCheckpointStore } from "../../src/redis/index.js";
import { record } from "../../src/testing/checkpoint-store-support.js";
import { sharedRedis } from "../servers/redis.js";
import { RemoteStore } from "./remote-store.js";
import { openedStore } from "./support.js";

const RACES = 100;

/** The owner of a run, here or in another process. */
interface Winner {
  readonly epoch: unknown;
  put(seq: number): Promise<unknown>;
  release(): Promise<unknown>;
}

/** Resolves to `null` for who has lost. */
type Contender = () => Promise<Winner | null>;

const remoteContender =
  (remote: RemoteStore): Contender =>
  async () => {
    const { value, code } = await remote.tell("acquire");
    if (value === undefined) return (expect(code).toBe("RUN_OWNED"), null);
    return { epoch: value, put: (seq) => remote.tell("put", { seq }), release: () => remote.tell("release") };
  };

const localContender =
  (store: RedisCheckpointStore): Contender =>
  async () => {
    try {
      const writer = await store.acquire("r1");
      return { epoch: writer.epoch, put: (seq) => writer.put(record("r1", seq, `c${seq}`)), release: () => writer.release() };
    } catch (error) {
      expect(error).toBeInstanceOf(RunOwnedError);
      return null;
    }
  };

describe("a run", () => {
  const url = sharedRedis();

  it(`has exactly one owner after each of ${RACES} races of several stores and processes`, { timeout: 120_000 }, async () => {
    const prefix = `test-${randomUUID()}`;
    const open = () => openedStore({ url: url(), prefix });
    const stores = [await open(), await open(), await open()];
    const processes = [await RemoteStore.start(url(), prefix), await RemoteStore.start(url(), prefix)];
    const contenders = [...[...stores, ...stores].map(localContender), ...processes.map(remoteContender)];
    const won = new Map<number, number>();
    for (let race = 1; race <= RACES; race++) {
      // Who asks first has the better start.
      const order = contenders.map((_, place) => (place + race) % contenders.length);
      const results = await Promise.all(order.map((place) => contenders[place]?.()));
      expect(results.filter((result) => result === null)).toHaveLength(contenders.length - 1);
      const at = results.findIndex((result) => result !== null);
      won.set(order[at] ?? -1, (won.get(order[at] ?? -1) ?? 0) + 1);
      expect(results[at]?.epoch).toBe(race);
      await results[at]?.put(race);
      await results[at]?.release();
    }
    expect((await stores[0]?.list("r1"))?.map(({ seq }) => seq)).toEqual(Array.from({ length: RACES }, (_, n) => n + 1));
    console.log(
      `${RACES} races of ${contenders.length}, one owner each; won by place: ${JSON.stringify([...won].sort(([a], [b]) => a - b))}`,
    );
  });
});
