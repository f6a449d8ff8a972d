import { beforeAll, describe, expect, it } from "vitest";
import type { RunOwnedError } from "../../src/core/errors.js";
import type { PostgresCheckpointStore } from "../../src/postgres/index.js";
import { recordOf } from "./records.js";
import { type RemoteStore, RemoteStores } from "./remote-store.js";
import { TestDatabase } from "./test-database.js";

const RACES = 100;

let database: TestDatabase;
let remotes: RemoteStores;

beforeAll(async () => {
  database = await TestDatabase.start({ anyServer: true });
  remotes = new RemoteStores();
  return async () => {
    await remotes.stop();
    await database.stop();
  };
});

/** The owner of a run, here or in another process. */
interface Winner {
  readonly epoch: number;
  put(seq: number): Promise<unknown>;
  release(): Promise<unknown>;
}

function remoteContender(remote: RemoteStore): () => Promise<Winner | string> {
  return async () => {
    const { value, code = "" } = await remote.tell("acquire");
    if (value === undefined) return code;
    return { epoch: value as number, put: (seq) => remote.tell("put", "r1", seq), release: () => remote.tell("release") };
  };
}

function localContender(store: PostgresCheckpointStore): () => Promise<Winner | string> {
  return async () => {
    const writer = await store.acquire("r1").catch((error: RunOwnedError) => error);
    if (!("put" in writer)) return writer.code;
    return { epoch: writer.epoch, put: (seq) => writer.put(recordOf("r1", seq)), release: () => writer.release() };
  };
}

describe("a run", () => {
  it(`has exactly one owner after each of ${RACES} races of several stores and processes`, { timeout: 120_000 }, async () => {
    const schema = database.newSchema();
    const stores = [await database.openStore({ schema }), await database.openStore({ schema }), await database.openStore({ schema })];
    const processes = [await remotes.start(database.server.url, schema), await remotes.start(database.server.url, schema)];
    const contenders = [...stores, ...stores].map(localContender).concat(processes.map(remoteContender));
    const won = new Map<number, number>();
    for (let race = 1; race <= RACES; race++) {
      const results = await Promise.all(contenders.map((contend) => contend()));
      const winners = results.flatMap((result) => (typeof result === "string" ? [] : [result]));
      expect(results.filter((result) => typeof result === "string")).toEqual(Array(contenders.length - 1).fill("RUN_OWNED"));
      const place = results.findIndex((result) => typeof result !== "string");
      won.set(place, (won.get(place) ?? 0) + 1);
      for (const winner of winners) {
        expect(winner.epoch).toBe(race);
        await winner.put(race);
        await winner.release();
      }
    }
    expect((await stores[0]?.list("r1"))?.map(({ seq }) => seq)).toEqual(Array.from({ length: RACES }, (_, n) => n + 1));
    console.log(`${RACES} races of ${contenders.length}, won by place: ${JSON.stringify([...won].sort(([a], [b]) => a - b))}`);
  });
});
