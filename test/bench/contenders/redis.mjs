import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tsImport } from "tsx/esm/api";

/** One Redis for all that this process measures, which dies with it; or that of `CAIRNFLOW_TEST_REDIS_URL`. */
let redis = null;
export const address = () => {
  redis ??= process.env.CAIRNFLOW_TEST_REDIS_URL ? Promise.resolve(process.env.CAIRNFLOW_TEST_REDIS_URL) : startRedis();
  return redis;
};

async function startRedis() {
  const { redisBinary } = await tsImport("../../servers/redis-binary.ts", import.meta.url);
  const { path, libraries } = await redisBinary();
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "cairnflow-bench-redis-"));
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--maxmemory-policy", "noeviction"];
  const env = libraries.length === 0 ? process.env : { ...process.env, LD_LIBRARY_PATH: libraries.join(":") };
  const server = spawn(path, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  process.on("exit", () => {
    server.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  await new Promise((resolve) => server.stdout.on("data", (text) => /Ready to accept/i.test(String(text)) && resolve()));
  return `redis://127.0.0.1:${port}`;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
