import { spawn } from "node:child_process";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { redisBinary } from "../test/servers/redis-binary.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const demo = ["--import", "tsx", "examples/distributed/demo.ts"];

/** Runs the example as a user would, with the Redis that the tests have. */
async function runExample(): Promise<{ readonly code: number | null; readonly output: string }> {
  const { path, libraries } = await redisBinary();
  const env = { ...process.env, REDIS_SERVER: path, NO_COLOR: "1", LD_LIBRARY_PATH: libraries.join(delimiter) };
  const child = spawn(process.execPath, demo, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => void (output += text));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, output })));
}

describe("the example of distributed runs", () => {
  it("comes to the right result although a worker and the engine are killed, each step committed once", { timeout: 180_000 }, async () => {
    const { code, output } = await runExample();
    expect(output).toMatch(/killed worker 2 with SIGKILL, after \d+ steps/);
    expect(output).toMatch(/killed engine 1 with SIGKILL, after \d+ steps/);
    expect(output).toMatch(/engine 2: cairn engine takes runs/);
    expect(output).toMatch(/the same, and each of 30 steps was committed once/);
    expect(code).toBe(0);
  });
});
