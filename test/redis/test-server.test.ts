import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { redisBinary } from "../servers/redis-binary.js";

afterEach(() => vi.unstubAllEnvs());

describe("the Redis of the tests", () => {
  it("is never skipped: where there is none, the tests fail and say what to install", async () => {
    const cache = mkdtempSync(join(tmpdir(), "cairnflow-no-redis-"));
    vi.stubEnv("PATH", cache);
    vi.stubEnv("XDG_CACHE_HOME", cache);
    try {
      await expect(redisBinary()).rejects.toThrow("no Redis for the tests: install redis-server or valkey-server.");
      expect(readdirSync(join(cache, "cairnflow-test"))).toEqual([]);
    } finally {
      rmSync(cache, { recursive: true });
    }
  });
});
