import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Channel, ExecutionContext, openCheckpointStore } from "cairnflow";
import { RedisChannel } from "cairnflow/redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StoredChannel } from "../src/core/stored-channel.js";
import { sharedRedis } from "../test/servers/redis.js";
import { countedIn, counting, ROUNDS } from "./support/counted.js";

const KILLS = 4;
const program = fileURLToPath(new URL("support/redis-channel-process.ts", import.meta.url));
const tsconfig = fileURLToPath(new URL("tsconfig.json", import.meta.url));
const url = sharedRedis();

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cairnflow-channel-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ending {
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
  readonly errors: string;
}

/** Runs a process, and kills it with SIGKILL when it has written so many lines and some milliseconds have passed. */
function inProcess(args: readonly string[], killAfter = Number.POSITIVE_INFINITY, moreMs = 0): Promise<Ending> {
  const child = spawn(process.execPath, ["--import", "tsx", program, ...args], { env: { ...process.env, TSX_TSCONFIG_PATH: tsconfig } });
  const lines: string[] = [];
  let errors = "";
  child.stderr.on("data", (text) => (errors += String(text)));
  createInterface(child.stdout).on("line", (line) => {
    lines.push(line);
    if (lines.length === killAfter) setTimeout(() => child.kill("SIGKILL"), moreMs);
  });
  return new Promise((resolve) => child.once("close", (_, signal) => resolve({ signal, lines, errors })));
}

/** What others see of the run. */
const seenIn = (channel: RedisChannel): Promise<Awaited<ReturnType<typeof countedIn>>> =>
  countedIn(new StoredChannel(channel.reader("r")) as unknown as Channel);

describe.each(["checkpoint", "step"] as const)(
  "a run over Redis with durability %s, whose process is killed with SIGKILL",
  (durability) => {
    it("shows whole steps wherever it was killed, and ends as if it had never been", { timeout: 180_000 }, async () => {
      const unkilled = ExecutionContext.create(
        counting(() => {}),
        { runId: "r", seed: 3, checkpoints: `memory:unkilled-${durability}` },
      );
      const { output, steps } = await unkilled.run(1);
      const expected = { output, steps, channel: await countedIn(unkilled.channel) };

      const prefix = `killed-${durability}-${process.pid}-${Date.now()}`;
      const checkpoints = join(folder, durability);
      const channel = new RedisChannel({ url: url(), prefix });
      const args = (mode: string): string[] => [mode, url(), prefix, checkpoints, durability];
      const mode = async (): Promise<string> => ((await openCheckpointStore(checkpoints).list("r")).length === 0 ? "run" : "resume");
      const kills: string[] = [];
      const setBacks: string[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        const [after, moreMs] = [1 + Math.floor(Math.random() * 22), Math.floor(Math.random() * 4)];
        const { signal, lines, errors } = await inProcess(args(await mode()), after, moreMs);
        if (lines.at(-1)?.startsWith("ended")) break;
        expect(signal, errors).toBe("SIGKILL");
        kills.push(`${after} lines + ${moreMs} ms`);
        setBacks.push(...lines.filter((line) => line === "warning CHANNEL_SET_BACK"));
        const { rounds = [], turned = [], count = 0, last } = await seenIn(channel);
        expect(rounds, String(kills)).toEqual(Array.from({ length: count }, (_, at) => at + 1));
        expect([...turned].reverse(), String(kills)).toEqual(rounds);
        expect(last?.round ?? 0, String(kills)).toBe(count);
      }
      const { lines, errors } = await inProcess(args(await mode()));
      setBacks.push(...lines.filter((line) => line === "warning CHANNEL_SET_BACK"));
      console.log(`durability ${durability}: killed after ${kills.join(", ")}; set back ${setBacks.length} times`);
      const ended = JSON.parse(lines.at(-1)?.replace("ended ", "") ?? "null") as typeof expected;
      expect(ended, `${errors} after ${kills.join()}`).toEqual(JSON.parse(JSON.stringify(expected)));
      expect(await seenIn(channel)).toEqual(expected.channel);
      expect(expected.channel.count).toBe(ROUNDS);
      expect(kills.length).toBeGreaterThan(0);
      // A step is in the journal before it is in Redis.
      if (durability === "step") expect(setBacks).toEqual([]);
      await channel.close();
    });
  },
);
