import { describe, expect, it, vi } from "vitest";
import { CheckpointStorageError, StoreUnavailableError, UnsafeStoreError } from "../../src/core/errors.js";
import type { S3ServerOptions } from "../servers/s3.js";
import { startServer, storeOn } from "./support.js";

// No waiting between attempts.
vi.mock("node:timers/promises", () => ({ setTimeout: async () => {} }));

describe("opening an S3 store", () => {
  it("leaves nothing behind, and asks only once", async () => {
    const server = await startServer();
    const store = storeOn(server);
    await store.open();
    expect(server.objects.size).toBe(0);
    const asked = server.seen.length;
    await store.open();
    expect(server.seen.length).toBe(asked);
  });

  it.each<[string, S3ServerOptions, RegExp]>([
    ["ignores If-None-Match", { ignored: ["if-none-match"] }, /If-None-Match did not hold/],
    ["ignores If-Match", { ignored: ["if-match"] }, /If-Match did not hold/],
    ["ignores both", { ignored: ["if-match", "if-none-match"] }, /did not hold/],
    ["does not know conditions", { refusesConditions: true }, /conditional writes/],
    ["does not tell the time", { tellsTime: false }, /Date/],
  ])("refuses a server that %s", async (_, options, message) => {
    const server = await startServer(options);
    await expect(storeOn(server).open()).rejects.toThrow(UnsafeStoreError);
    await expect(storeOn(server).open()).rejects.toThrow(message);
    expect(server.objects.size).toBe(0);
  });

  it("refuses a server that does not list what was written", async () => {
    const server = await startServer();
    server.fault = ({ key }) => (key === "" ? { kind: "status", status: 200, code: "x" } : null);
    await expect(storeOn(server).open()).rejects.toThrow(/listing that cannot be read/);
  });

  it("says what to do about a bucket that is not there", async () => {
    const server = await startServer({ buckets: ["other"] });
    await expect(storeOn(server).open()).rejects.toThrow(CheckpointStorageError);
    await expect(storeOn(server).open()).rejects.toThrow(/s3:\/\/bucket\/team\/runs: found 404 NoSuchBucket.*create the bucket/);
  });

  it("names the region of a bucket that is elsewhere", async () => {
    const server = await startServer({ region: "eu-west-3" });
    await expect(storeOn(server).open()).rejects.toThrow(/the bucket is in eu-west-3.*set `region`/);
  });

  it("says so if this machine's clock differs too much from the server's", async () => {
    const server = await startServer({ aheadMs: 3_600_000 });
    await expect(storeOn(server).open()).rejects.toThrow(/RequestTimeTooSkewed.*set the clock/);
  });

  it.each([["GET"], ["PUT"], ["DELETE"]])("says which rights are needed if %s is denied", async (method) => {
    const server = await startServer();
    server.fault = (request) => (request.method === method ? { kind: "status", status: 403, code: "AccessDenied" } : null);
    await expect(storeOn(server).open()).rejects.toThrow(CheckpointStorageError);
    await expect(storeOn(server).open()).rejects.toThrow(/s3:PutObject.*s3:ListBucket/);
  });

  it("follows no redirect", async () => {
    const server = await startServer();
    server.fault = () => ({ kind: "status", status: 301, code: "PermanentRedirect" });
    await expect(storeOn(server).open()).rejects.toThrow(/301 PermanentRedirect/);
  });

  it("says so if no server answers, and works once one does", async () => {
    const server = await startServer();
    let fired = 0;
    server.fault = () => {
      fired++;
      return { kind: "reset" };
    };
    const store = storeOn(server);
    await expect(store.open()).rejects.toThrow(StoreUnavailableError);
    expect(fired).toBe(6);
    server.fault = null;
    await store.open();
  });
});
