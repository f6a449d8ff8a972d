import type { Queue } from "bullmq";
import type { RedisLike } from "./connection.js";
import type { JobData } from "./job-data.js";
import type { Packages } from "./packages.js";
import { PerTurn } from "./per-turn.js";
import { type QueuePlace, queueOf } from "./queue-names.js";

/** A job that is to be put into a queue. */
export interface NewJob {
  readonly queue: string;
  readonly id: string;
  /** For those who look at the queue. */
  readonly name: string;
  readonly data: JobData;
  readonly failed: (error: unknown) => void;
}

/** Whether a job waits or is being done, was given up by BullMQ, or is not there. */
export type JobLook = { readonly is: "there" } | { readonly is: "failed"; readonly reason: string } | { readonly is: "gone" };

/** The queues of BullMQ behind one name: one for each set of tags. */
export class Queues {
  readonly #queues = new Map<string, Queue<JobData>>();
  readonly #adding = new PerTurn<NewJob>((jobs) => this.#addAll(jobs));

  constructor(
    private readonly bullmq: Packages["bullmq"],
    private readonly client: RedisLike,
    private readonly place: QueuePlace,
  ) {}

  /** The name of the queue for tasks with these tags. */
  nameFor(tags: readonly string[]): string {
    return queueOf(this.place.queue, tags);
  }

  get(name: string): Queue<JobData> {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const { prefix } = this.place;
    const queue: Queue<JobData> = new this.bullmq.Queue<JobData>(name, { connection: this.client, prefix, skipMetasUpdate: true });
    queue.on("error", () => {});
    this.#queues.set(name, queue);
    return queue;
  }

  /** What has become of a job, found without looking through its queue. */
  async look(name: string, id: string): Promise<JobLook> {
    const key = this.get(name).toKey(id);
    const [added, ended, reason] = (await this.client.call("HMGET", key, "timestamp", "finishedOn", "failedReason")) as (string | null)[];
    if (added == null || (ended != null && reason == null)) return { is: "gone" };
    return ended == null ? { is: "there" } : { is: "failed", reason: reason ?? "" };
  }

  /** Adds a job, together with the others of this turn. A job that is there already stays as it is. */
  add(job: NewJob): void {
    this.#adding.add(job);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close().catch(() => {})));
  }

  #addAll(jobs: readonly NewJob[]): void {
    for (const name of new Set(jobs.map(({ queue }) => queue))) {
      const some = jobs.filter(({ queue }) => queue === name);
      const bulk = some.map(({ id, name: job, data }) => ({
        name: job,
        data,
        opts: { jobId: id },
      }));
      this.get(name)
        .addBulk(bulk)
        .catch((error) => {
          for (const { failed } of some) failed(error);
        });
    }
  }
}
