// <url> <prefix> <lease>: opens a store. For each message { what, runId, seq, stops } does that and answers { value } or
// { code, outcome }. If `stops` says so, the process stops as a whole (SIGSTOP) just before or after its commit is given to the socket.
import { Redis } from "ioredis";
import type { Journal } from "../../src/core/journal.js";
import type { RunWriter } from "../../src/core/run-writer.js";
import { APPEND, PUT } from "../../src/redis/commit-scripts.js";
import { RedisCheckpointStore } from "../../src/redis/index.js";
import { bytesOf, record } from "../../src/testing/checkpoint-store-support.js";

export interface Order {
  readonly what: "acquire" | "put" | "begin" | "append" | "renew" | "release";
  readonly runId: string;
  readonly seq: number;
  readonly stops: "before" | "after" | null;
}

export interface Reply {
  readonly value?: unknown;
  readonly code?: string;
  readonly outcome?: string;
}

/** More than the buffers of two sockets take, so that some of a commit is on its way and some is not. */
const LARGE = 24 << 20;

const [url = "", prefix = "", leaseMs] = process.argv.slice(2);
const redis = new Redis(url, { maxRetriesPerRequest: 1 }).on("error", () => {});
let stops: Order["stops"] = null;
let writer: RunWriter | null = null;
let journal: Journal | null = null;

const client = {
  callBuffer: (command: string, args: (string | Buffer)[]): Promise<unknown> => {
    const now = [PUT, APPEND].some(({ sha1, text }) => args[0] === sha1 || args[0] === text) ? stops : null;
    if (now === null) return redis.callBuffer(command, args);
    stops = null;
    if (now === "before") process.kill(process.pid, "SIGSTOP");
    const reply = redis.callBuffer(command, args);
    if (now === "after") setTimeout(() => process.kill(process.pid, "SIGSTOP"));
    return reply;
  },
};
const store = new RedisCheckpointStore({ client, prefix, leaseMs: Number(leaseMs), commandTimeoutMs: 60_000 });

async function done({ what, runId, seq, stops: when }: Order): Promise<unknown> {
  stops = when;
  const large = when === "after" ? [new Uint8Array(LARGE)] : [];
  if (what === "acquire") return (writer = await store.acquire(runId)).epoch;
  if (what === "put") return writer?.put(record(runId, seq, `p${process.pid}-${seq}`, ...large));
  if (what === "begin") return void (journal = (await writer?.beginJournal(seq)) ?? null);
  if (what === "append") return journal?.append(large[0] ?? bytesOf(`step of ${process.pid}`));
  return writer?.[what]();
}

process.on("disconnect", () => process.exit());
process.on("message", (order: Order) => {
  done(order).then(
    (value) => process.send?.({ value: value ?? null } satisfies Reply),
    ({ code, outcome }: { code: string; outcome: string }) => process.send?.({ code, outcome } satisfies Reply),
  );
});
await store.open();
process.send?.({ value: "ready" } satisfies Reply);
