import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BullmqEngineStats, type RunQueue, runQueue } from "cairnflow/bullmq";
import type { Redis } from "ioredis";
import { openCheckpointStore } from "../../src/index.js";
import { RedisCheckpointStore } from "../../src/redis/index.js";
import { transpile } from "../file/transpile.js";
import { afterwards, newClient } from "../redis/support.js";
import { gateOf, ledgerOf } from "./run-fault-flow.js";
import { until } from "./support.js";

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** How long engines may be silent before they lose their runs. */
export interface EngineTimes {
  readonly lockMs: number;
  readonly leaseMs: number;
}

/** Engines in processes of their own that share a queue and a store, killed after the test. */
export class EngineProcesses {
  readonly runs: RunQueue;
  readonly client: Redis;
  readonly store: RedisCheckpointStore;
  readonly #script: string;
  readonly #options: object;
  readonly #processes = new Map<string, ChildProcess>();

  constructor(url: string, { lockMs, leaseMs }: EngineTimes) {
    const folder = mkdtempSync(join(tmpdir(), "cairnflow-engines-"));
    symlinkSync(modules, join(folder, "node_modules"));
    this.#script = transpile(new URL("./run-engine-process.ts", import.meta.url), folder);
    const place = { queue: `runs-${randomUUID().slice(0, 8)}`, prefix: "test-bullmq" };
    const store = `test-${randomUUID()}`;
    this.#options = { ...place, url, store, leaseMs, lockMs, stalledCheckMs: 200, graceMs: 200 };
    this.runs = runQueue({ ...place, connection: url });
    this.client = newClient(url);
    this.store = new RedisCheckpointStore({ url, prefix: store, leaseMs });
    afterwards(async () => {
      for (const child of this.#processes.values()) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
      await this.runs.close();
      await this.store.close();
    });
  }

  /** Starts an engine; resolves when it takes runs. */
  async start(name: string): Promise<void> {
    const child = fork(this.#script, [JSON.stringify({ ...this.#options, name })], { execArgv: [] });
    this.#processes.set(name, child);
    await new Promise<void>((resolve, reject) => {
      child.once("message", () => resolve());
      child.once("exit", (code) => reject(new Error(`engine ${name} ended with ${code}`)));
    });
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.#child(name).kill(signal);
  }

  /** Resolves to the exit code or signal that an engine ends with. */
  ended(name: string): Promise<number | string | null> {
    const child = this.#child(name);
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode ?? child.signalCode);
    return new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  }

  stats(name: string): Promise<BullmqEngineStats> {
    const child = this.#child(name);
    return new Promise((resolve) => {
      child.once("message", (stats) => resolve(stats as BullmqEngineStats));
      child.send("stats");
    });
  }

  /** Waits until somebody is at work on a task of a run. */
  async atWork(runId: string, entry: string): Promise<void> {
    await until(async () => (await this.ledger(runId)).includes(entry));
  }

  ledger(runId: string): Promise<string[]> {
    return this.client.lrange(ledgerOf(runId), 0, -1);
  }

  async openGate(runId: string): Promise<void> {
    await this.client.set(gateOf(runId), "open");
  }

  /** How often each task of a run was committed. */
  async commits(runId: string): Promise<Readonly<Record<string, number>>> {
    const view = await openCheckpointStore(this.store).latest(runId);
    return Object.fromEntries(view?.completedTasks ?? []);
  }

  #child(name: string): ChildProcess {
    const child = this.#processes.get(name);
    if (child === undefined) throw new RangeError(`there is no engine ${name}`);
    return child;
  }
}
