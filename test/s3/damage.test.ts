import { beforeEach, describe, expect, it } from "vitest";
import { CheckpointCorruptError } from "../../src/core/errors.js";
import { unwrap, wrap } from "../../src/s3/envelope.js";
import type { S3CheckpointStore } from "../../src/s3/index.js";
import { bytesOf, put, record } from "../../src/testing/checkpoint-store-support.js";
import { below, seeded } from "../faults/seeded.js";
import type { S3Server } from "../servers/s3.js";
import { startServer, storeOn } from "./support.js";

const HEAD = "team/runs/heads/r1";
const FIRST = { runId: "r1", seq: 1, id: "a" };

let server: S3Server;
let store: S3CheckpointStore;

beforeEach(async () => {
  server = await startServer();
  store = storeOn(server);
  const writer = await store.acquire("r1");
  await writer.put(record("r1", 1, "a"));
  const journal = await writer.beginJournal(1);
  for (const size of [10, 40_000, 10]) await journal.append(new Uint8Array(size));
});

const found = (part: string): string => [...server.objects.keys()].find((key) => key.includes(part)) ?? "";
const bodyOf = (key: string): Buffer => Buffer.from(server.objects.get(key)?.body ?? []);
const replace = (key: string, body: Uint8Array): unknown => server.objects.set(key, { body: Buffer.from(body), etag: '"changed"' });

/** Everything that reads the head of the run, or changes it. */
const USES: readonly ((fresh: S3CheckpointStore) => Promise<unknown>)[] = [
  (fresh) => fresh.list("r1"),
  (fresh) => fresh.read(FIRST),
  (fresh) => fresh.readJournal("r1", 1),
  (fresh) => fresh.pins("r1"),
  (fresh) => fresh.owner("r1"),
  (fresh) => fresh.blobs("r1"),
  (fresh) => fresh.find("a"),
  (fresh) => fresh.acquire("r1", { takeOver: true }),
  (fresh) => fresh.delete(FIRST),
  (fresh) => fresh.pin(FIRST, true),
  (fresh) => fresh.deleteRun("r1"),
];

describe("a damaged head of a run in S3", () => {
  it("is found before anything of it is used, wherever a bit was flipped or it was cut off", async () => {
    const random = seeded(7);
    const whole = bodyOf(HEAD);
    for (let turn = 0; turn < 40; turn++) {
      const body = Buffer.from(whole);
      const place = below(random, body.length);
      if (turn % 4 === 0) replace(HEAD, body.subarray(0, place));
      else {
        body[place] = (body[place] ?? 0) ^ (1 << below(random, 8));
        replace(HEAD, body);
      }
      await expect(storeOn(server).list("r1"), `byte ${place}`).rejects.toThrow(CheckpointCorruptError);
    }
  });

  it("is left as it is, and told to everybody who asks", async () => {
    const damaged = bodyOf(HEAD);
    damaged.fill("x", damaged.length - 5);
    replace(HEAD, damaged);
    const message = /head of run r1 is damaged.*restore the object from a backup, or remove all/;
    for (const use of USES) await expect(use(storeOn(server))).rejects.toThrow(message);
    await put(store, record("r2", 1, "b"));
    expect(await store.runs()).toEqual(["r1", "r2"]);
    expect(bodyOf(HEAD).equals(damaged)).toBe(true);
  });

  it.each([
    ["generation", "../../other"],
    ["generation", 7],
    ["leftovers", ["runs/"]],
    ["recent", [{ seq: 1, id: "../a", stamp: "1-0123456789abcdef-1" }]],
    ["recent", [{ seq: 1, id: "a", stamp: "../../x" }]],
    ["recent", [{ seq: -1, id: "a", stamp: "1-0123456789abcdef-1" }]],
    ["pages", [{ stamp: "1-0123456789abcdef-1/..", first: 1, last: 1, count: 1, gone: [] }]],
    ["moved", [{ digest: "x".repeat(64), name: "y" }]],
    ["hidden", [{ name: "../x", token: "t", since: 0 }]],
    ["journal", { seq: 1, stamp: "1-0123456789abcdef-1", segments: ["../../secret"], tail: [] }],
    ["pins", ["a/b"]],
    ["revision", 0],
    ["writes", null],
  ])("is refused if somebody wrote a wrong %s into it: %j", async (field, value) => {
    const [part = new Uint8Array()] = unwrap(bodyOf(HEAD))?.parts ?? [];
    const head = JSON.parse(Buffer.from(part).toString()) as object;
    replace(HEAD, wrap([bytesOf(JSON.stringify({ ...head, [field]: value }))]));
    await expect(storeOn(server).list("r1")).rejects.toThrow(CheckpointCorruptError);
  });

  it("shows no control characters of an owner's description", async () => {
    const [part = new Uint8Array()] = unwrap(bodyOf(HEAD))?.parts ?? [];
    const head = JSON.parse(Buffer.from(part).toString()) as { owner: object };
    head.owner = { ...head.owner, description: `\u001b[31m${"x".repeat(500)}` };
    replace(HEAD, wrap([bytesOf(JSON.stringify(head))]));
    const owner = await storeOn(server).owner("r1");
    expect(owner?.description).toMatch(/^[ -~]{1,200}$/);
  });
});

describe("other damage of a run in S3", () => {
  it("gives documents as they are, for the reader to judge", async () => {
    const key = found("/documents/");
    const body = bodyOf(key);
    body[body.length - 1] = (body[body.length - 1] ?? 0) ^ 1;
    replace(key, body);
    expect(Buffer.from((await store.read(FIRST))?.context ?? []).toString()).toBe("context of a");
    expect(Buffer.from((await store.read(FIRST))?.meta ?? []).toString()).not.toBe("meta of a");
  });

  it("misses all documents of a checkpoint whose object is gone or is none of this store", async () => {
    const nothing = { context: null, state: null, meta: null };
    const key = found("/documents/");
    for (const text of [
      "",
      "hello",
      "cairnflow-s3/1 x 1 2",
      "cairnflow-s3/1 x -1\n",
      `${"x".repeat(100_000)}\n`,
      "cairnflow-s3/1 x 1 2\nabc",
    ]) {
      replace(key, bytesOf(text));
      expect(await store.read(FIRST), text.slice(0, 20)).toEqual(nothing);
    }
    server.objects.delete(key);
    expect(await store.read(FIRST)).toEqual(nothing);
  });

  it("is found though the head of the run changes each time that somebody looks", async () => {
    const other = await storeOn(server).acquire("r1", { takeOver: true });
    for (const part of ["/documents/", "/journal/"]) server.objects.delete(found(part));
    let changes = 0;
    server.fault = async ({ method, key }) => {
      if (method !== "GET" || key !== HEAD) return null;
      if (++changes > 1_000) return { kind: "status", status: 403, code: "AccessDenied" };
      await other.renew();
      return null;
    };
    expect(await store.read(FIRST)).toEqual({ context: null, state: null, meta: null });
    await expect(store.readJournal("r1", 1)).rejects.toThrow(/a part missing/);
    expect(changes).toBeGreaterThan(4);
  });

  it("is told of a part of a journal that is missing, or not as it was written", async () => {
    const key = found("/journal/");
    const body = bodyOf(key);
    replace(key, body.subarray(0, body.length - 1));
    await expect(store.readJournal("r1", 1)).rejects.toThrow(/journal of run r1 is damaged/);
    server.objects.delete(key);
    await expect(store.readJournal("r1", 1)).rejects.toThrow(CheckpointCorruptError);
  });

  it("is not made by what others have put below the same prefix", async () => {
    for (const name of ["runs/a b/x", "runs/x", "runs/.hidden/y", "ids/a/../r1/1", "ids/a/r9/1", "heads/other", "runs/r1/<Key>&amp;/x"]) {
      replace(`team/runs/${name}`, bytesOf("?"));
    }
    await put(store, record("r2", 1, "b"));
    expect(await store.runs()).toEqual(["r1", "r2"]);
    expect(await store.find("a")).toEqual(FIRST);
  });
});
