import type { Job } from "bullmq";
import type { Packages } from "./packages.js";

const TRUST_MS = 5_000;
const PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** The data of a job that notes which workers have given it back. */
interface Refusable {
  readonly refusedBy: readonly string[];
}

/** The queues whose workers are asked for. */
interface AskedQueues {
  get(name: string): { getWorkers(): Promise<readonly { readonly rawname?: string }[]> };
}

/** Gives jobs back that this worker cannot do. */
export class GiveBack<Data extends Refusable> {
  /** The workers that listened to a queue, and when it was asked. */
  readonly #known = new Map<string, { readonly at: number; readonly workers: readonly string[] }>();

  constructor(
    private readonly bullmq: Packages["bullmq"],
    private readonly queues: AskedQueues,
    /** The name of this worker. */
    private readonly box: string,
  ) {}

  /** Whether every worker that listens to the job's queue has refused it, this one included. */
  async isRefusedByAll(job: Job<Data>, { refusedBy }: Data): Promise<boolean> {
    const refused = new Set([...refusedBy, this.box]);
    const all = (workers: readonly string[]): boolean => workers.every((worker) => refused.has(worker));
    const known = this.#known.get(job.queueName);
    // The server lists all its clients for this: it is asked once for many jobs that others are to do.
    if (known !== undefined && performance.now() - known.at < TRUST_MS && !all(known.workers)) return false;
    const workers = (await this.queues.get(job.queueName).getWorkers()).map(({ rawname = "" }) =>
      rawname.slice(rawname.lastIndexOf(":") + 1),
    );
    this.#known.set(job.queueName, { at: performance.now(), workers });
    return all(workers);
  }

  /** Leaves a job to others, after a pause that grows with every start. Never resolves: throws what tells BullMQ so. */
  async toOthers(job: Job<Data>, token: string | undefined, data: Data): Promise<never> {
    const refusedBy = [...new Set([...data.refusedBy, this.box])];
    await job.updateData({ ...data, refusedBy });
    const pauseMs = Math.min(PAUSE_MS * job.attemptsStarted, LONGEST_PAUSE_MS);
    return this.after(job, token, pauseMs);
  }

  /** Leaves a job to others at once, as this worker ends. Never resolves: throws what tells BullMQ so. */
  atOnce(job: Job<Data>, token: string | undefined): Promise<never> {
    return this.after(job, token, 0);
  }

  /** Leaves a job to whoever is free after a pause. Never resolves: throws what tells BullMQ so. */
  async after(job: Job<Data>, token: string | undefined, pauseMs: number): Promise<never> {
    await job.moveToDelayed(Date.now() + pauseMs, token);
    throw new this.bullmq.DelayedError();
  }
}
