import { describe, expect, it } from "vitest";
import { bytesOf, digestOf, record } from "../../src/testing/checkpoint-store-support.js";
import { startServer, storeOn } from "./support.js";

describe("the requests of an S3 store", () => {
  it("are as few as its documentation says", async () => {
    const server = await startServer();
    const store = storeOn(server);
    const cost = async (action: () => Promise<unknown>): Promise<number> => {
      const before = server.seen.length;
      await action();
      return server.seen.length - before;
    };
    expect(await cost(() => store.acquire("r0")), "acquiring a run").toBe(2);
    const writer = await store.acquire("r1");
    expect(await cost(() => writer.put(record("r1", 1, "a"))), "a checkpoint").toBe(3);
    const blobs = [1, 2, 3, 4].map((n) => bytesOf(`blob ${n}`));
    expect(await cost(() => writer.put(record("r1", 2, "b", ...blobs))), "a checkpoint with four blobs").toBe(7);
    const journal = await writer.beginJournal(2);
    expect(await cost(() => journal.append(bytesOf("step"))), "a step").toBe(1);
    const together = Array.from({ length: 20 }, () => () => journal.append(bytesOf("step")));
    expect(await cost(() => Promise.all(together.map((append) => append()))), "twenty steps together").toBe(1);
    expect(await cost(() => writer.renew()), "a sign of life").toBe(1);
    expect(await cost(() => store.pin({ runId: "r1", seq: 2, id: "b" }, true)), "a pin").toBe(1);
    expect(await cost(() => store.read({ runId: "r1", seq: 2, id: "b" })), "reading documents").toBe(2);
    expect(await cost(() => store.readBlob("r1", digestOf(bytesOf("blob 1")))), "reading a blob").toBe(2);
    expect(await cost(() => store.list("r1")), "listing a run").toBe(1);
    expect(await cost(() => store.deleteBlob("r1", digestOf(bytesOf("blob 1")))), "deleting a blob").toBe(4);
    expect(await cost(() => store.delete({ runId: "r1", seq: 1, id: "a" })), "deleting a checkpoint").toBe(3);
  });

  it("are not more for a run with three thousand checkpoints whose newest is written", async () => {
    const server = await startServer();
    const writer = await storeOn(server).acquire("r1");
    const sizes: number[] = [];
    for (let part = 0; part < 6; part++) {
      await Promise.all(Array.from({ length: 500 }, (_, n) => writer.put(record("r1", part * 500 + n + 1, `c${part}-${n}`))));
      sizes.push(server.objects.get("team/runs/heads/r1")?.body.length ?? 0);
    }
    const before = server.seen.length;
    await writer.put(record("r1", 3_001, "last"));
    expect(server.seen.length - before).toBeLessThanOrEqual(4);
    console.log(`the head after every 500th checkpoint, in bytes: ${sizes.join(", ")}`);
    expect(sizes.at(-1)).toBeLessThan(15_000);
  }, 60_000);
});
