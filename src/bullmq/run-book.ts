import type { RedisLike } from "./connection.js";
import { type QueuePlace, runKey, workflowsKey } from "./queue-names.js";

/** What a run id stands for. */
export interface RunFacts {
  readonly workflow: string;
  readonly digest: string;
}

/** Notes beside the jobs: what each run id stands for, which runs are cancelled, and of which workflows there are runs. */
export class RunBook {
  constructor(
    private readonly client: RedisLike,
    private readonly place: QueuePlace,
  ) {}

  /** Has a run id stand for something, unless it does already; resolves to what it stands for. */
  async claim(runId: string, { workflow, digest }: RunFacts): Promise<RunFacts> {
    const key = runKey(this.place, runId);
    await this.client.call("SADD", workflowsKey(this.place), workflow);
    await this.client.call("HSETNX", key, "of", `${digest} ${workflow}`);
    const [found, name] = String(await this.client.call("HGET", key, "of")).split(" ");
    return { digest: found ?? "", workflow: name ?? "" };
  }

  /** The names of all workflows that runs were submitted of, sorted. */
  async workflows(): Promise<readonly string[]> {
    return ((await this.client.call("SMEMBERS", workflowsKey(this.place))) as string[]).sort();
  }

  /** Says that a run is to end. */
  async cancel(runId: string): Promise<void> {
    await this.client.call("HSET", runKey(this.place, runId), "cancelled", "1");
  }

  async isCancelled(runId: string): Promise<boolean> {
    return (await this.client.call("HEXISTS", runKey(this.place, runId), "cancelled")) === 1;
  }

  /** A run that has ended is to go on: what is noted of it stays, but for that it is to end. */
  async reopen(runId: string): Promise<void> {
    await this.client.call("HDEL", runKey(this.place, runId), "cancelled");
    await this.client.call("PERSIST", runKey(this.place, runId));
  }

  /** A run has ended: what is noted of it stays as long as its job. */
  async keepFor(runId: string, keepMs: number): Promise<void> {
    await this.client.call("PEXPIRE", runKey(this.place, runId), Math.max(keepMs, 1));
  }
}
