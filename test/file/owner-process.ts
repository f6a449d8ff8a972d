// A process that owns runs of a store:
// <root> race <who> <runs> <all who race>: tries to acquire each run as soon as all racers have come to it, and prints which it got.
// <root> put <runs>: stops itself (SIGSTOP) in each run where it would publish its second checkpoint, and prints what came of it.
// <root> append <runs>: the same in the middle of its second record of a journal: before it is synced, or right after.
// <root> hold: acquires r1, says so and stops itself. <root> thread: acquires r1, says so and waits.
import { existsSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { parentPort } from "node:worker_threads";
import { RunOwnedError } from "../../src/core/errors.js";
import { type DurableFs, systemFs } from "../../src/file/durable-fs.js";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { recordOf } from "./record.js";

const [root = "", what = "", first = "", second = "0", third = ""] = process.argv.slice(2);
const say = (line: string): void => void writeSync(1, `${line}\n`);

/** Set by the caller just before the call at which to stop. */
let stopsAt: "publish" | "before sync" | "after sync" | null = null;

function stop(where: typeof stopsAt): void {
  if (stopsAt !== where) return;
  stopsAt = null;
  say("stopped");
  process.kill(process.pid, "SIGSTOP");
}

const stoppingFs: DurableFs = {
  ...systemFs,
  rename: (from, to) => {
    if (to.includes("/checkpoints/")) stop("publish");
    systemFs.rename(from, to);
  },
  syncFile: async (file) => {
    stop("before sync");
    await systemFs.syncFile(file);
    stop("after sync");
  },
};
const store = new FileCheckpointStore(root, { fs: stoppingFs });

const outcomeOf = (commit: Promise<unknown>): Promise<string> =>
  commit.then(
    () => "committed",
    (error: Error) => error.name,
  );

async function race(who: string, runs: number, racers: readonly string[]): Promise<void> {
  const won: string[] = [];
  for (let run = 1; run <= runs; run++) {
    const start = (racer: string) => join(root, `.at-${run}-${racer}`);
    writeFileSync(start(who), "");
    while (!racers.every((racer) => existsSync(start(racer))));
    try {
      const writer = await store.acquire(`r${run}`);
      await writer.put({ ...recordOf(1, who), runId: `r${run}` });
      won.push(`r${run}`);
    } catch (error) {
      if (!(error instanceof RunOwnedError)) throw error;
    }
  }
  say(JSON.stringify(won));
}

async function putLate(run: string): Promise<void> {
  const writer = await store.acquire(run);
  await writer.put({ ...recordOf(1, "early"), runId: run });
  stopsAt = "publish";
  say(await outcomeOf(writer.put({ ...recordOf(2, "late", ["old blob"]), runId: run })));
}

async function appendLate(run: string, where: typeof stopsAt): Promise<void> {
  const journal = await (await store.acquire(run)).beginJournal(1);
  await journal.append(Buffer.from("early"));
  stopsAt = where;
  say(await outcomeOf(journal.append(Buffer.from("late"))));
}

await store.open();
if (what === "race") await race(first, Number(second), [...third]);
for (let run = 1; what === "put" && run <= Number(first); run++) await putLate(`r${run}`);
for (let run = 1; what === "append" && run <= Number(first); run++) await appendLate(`r${run}`, run % 2 ? "before sync" : "after sync");
if (what === "hold") {
  await store.acquire("r1");
  say("stopped");
  process.kill(process.pid, "SIGSTOP");
}
if (what === "thread") {
  await store.acquire("r1");
  // Being listened to, it waits.
  parentPort?.on("message", () => {}).postMessage("held");
}
