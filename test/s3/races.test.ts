import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RunOwnedError } from "../../src/core/errors.js";
import type { S3CheckpointStore } from "../../src/s3/index.js";
import { lists, record } from "../../src/testing/checkpoint-store-support.js";
import { fromEnvironment } from "../faults/seeded.js";
import { S3Server } from "../servers/s3.js";
import { Answering } from "./child.js";
import { storeOn } from "./support.js";

const RACES = fromEnvironment("CAIRN_S3_RACES", 100);

/** Who got a run, or did not. */
interface Finish {
  readonly epoch: number | null;
}

async function race(store: S3CheckpointStore, runId: string, id: string): Promise<Finish> {
  try {
    const writer = await store.acquire(runId);
    await writer.put(record(runId, 1, id));
    return { epoch: writer.epoch };
  } catch (error) {
    if (error instanceof RunOwnedError) return { epoch: null };
    throw error;
  }
}

describe("stores that race for a run", () => {
  let server: S3Server;
  let children: Answering[];

  beforeAll(async () => {
    server = await S3Server.start();
    children = [1, 2].map(() => new Answering(new URL("racing-owner.ts", import.meta.url), [server.url]));
  });

  afterAll(async () => {
    for (const child of children) child.stop();
    await server.stop();
  });

  it(`give it to exactly one of five, three here and two in processes of their own, ${RACES} times`, {
    timeout: 60_000 + RACES * 1_000,
  }, async () => {
    const stores = [1, 2, 3].map(() => storeOn(server));
    const wins = new Map<number, number>();
    for (let turn = 0; turn < RACES; turn++) {
      const runId = `race-${turn}`;
      // Every other run has been owned before, so that the race is one for replacing and not for creating.
      const owned = turn % 2;
      if (owned) await (await storeOn(server).acquire(runId)).release();
      const racers = [
        ...children.map((child) => (id: string) => child.ask<Finish>({ runId, id })),
        ...stores.map((store) => (id: string) => race(store, runId, id)),
      ].map((start, place) => ({ place, start }));
      // Each is the first to start in its turn.
      const first = turn % racers.length;
      const started = [...racers.slice(first), ...racers.slice(0, first)];
      const finishes = await Promise.all(started.map(async ({ place, start }) => ({ place, ...(await start(`c${place}`)) })));
      const winners = finishes.filter(({ epoch }) => epoch !== null);
      expect(winners.map(({ epoch }) => epoch)).toEqual([owned + 1]);
      const place = winners[0]?.place ?? -1;
      await lists(storeOn(server), runId, [`1 c${place}`]);
      wins.set(place, (wins.get(place) ?? 0) + 1);
    }
    const shares = [...wins].sort(([a], [b]) => a - b).map(([place, count]) => `c${place} ${count}`);
    console.log(`${RACES} races, each with one owner; won by ${shares.join(", ")}`);
    expect(wins.size).toBeGreaterThan(1);
  });

  it("give every seq to one of three owners who take over from each other all the time", { timeout: 60_000 }, async () => {
    const stores = [1, 2, 3].map(() => storeOn(server));
    const confirmed: string[] = [];
    let refused = 0;
    const takeTurns = async (store: S3CheckpointStore, who: number): Promise<void> => {
      for (let turn = 0; turn < 15; turn++) {
        const writer = await store.acquire("r1", { takeOver: true });
        for (let tries = 0; tries < 3; tries++) {
          const seq = ((await store.list("r1")).at(-1)?.seq ?? 0) + 1;
          const id = `by${who}-${turn}-${tries}`;
          const isStored = await writer.put(record("r1", seq, id)).then(
            () => true,
            (error: { code: string }) => {
              expect(["STALE_OWNER", "SEQUENCE_TAKEN"]).toContain(error.code);
              return false;
            },
          );
          if (isStored) confirmed.push(`${seq} ${id}`);
          else refused++;
        }
      }
    };
    await Promise.all(stores.map(takeTurns));
    console.log(`${confirmed.length} checkpoints confirmed, ${refused} refused`);
    const found = (await storeOn(server).list("r1")).map(({ seq, id }) => `${seq} ${id}`);
    expect(found).toEqual(confirmed.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)));
    expect(new Set(found.map((text) => text.split(" ")[0])).size).toBe(found.length);
    expect(refused).toBeGreaterThan(0);
  });
});
