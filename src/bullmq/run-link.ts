import type { Queue } from "bullmq";
import { connected, refuseEviction } from "./connect.js";
import { clientMaker, type RedisConnection, type RedisLike } from "./connection.js";
import { loadPackages, type Packages } from "./packages.js";
import { type QueuePlace, runQueueOf } from "./queue-names.js";
import { RunBook } from "./run-book.js";
import type { RunJobData } from "./run-job-data.js";
import { CLOSE_MS, within } from "./within.js";

/** What engines and those who submit runs are connected to. */
export interface RunLink {
  readonly bullmq: Packages["bullmq"];
  readonly client: RedisLike;
  readonly book: RunBook;
  /** The queue for runs of a workflow. */
  queueFor(workflow: string): Queue<RunJobData>;
  close(): Promise<void>;
}

/** Where runs are queued. */
export interface RunPlace extends QueuePlace {
  readonly connection: RedisConnection;
  readonly connectTimeoutMs: number;
}

/** Connects to the queues of runs. Throws `StoreUnavailableError`, `UnsafeRedisConfigError`, `MissingPackageError`. */
export async function openRunLink(place: RunPlace): Promise<RunLink> {
  const { bullmq, Redis } = await loadPackages();
  const client = await connected(clientMaker(place.connection, Redis)(), place.connectTimeoutMs);
  const queues = new Map<string, Queue<RunJobData>>();
  const close = async (): Promise<void> => {
    await within(CLOSE_MS, Promise.all([...queues.values()].map((queue) => queue.close())));
    client.disconnect();
  };
  try {
    await refuseEviction(client);
  } catch (error) {
    await close();
    throw error;
  }
  const queueFor = (workflow: string): Queue<RunJobData> => {
    const known = queues.get(workflow);
    if (known !== undefined) return known;
    const { prefix } = place;
    const queue: Queue<RunJobData> = new bullmq.Queue<RunJobData>(runQueueOf(place.queue, workflow), {
      connection: client,
      prefix,
      skipMetasUpdate: true,
    });
    queue.on("error", () => {});
    queues.set(workflow, queue);
    return queue;
  };
  return { bullmq, client, book: new RunBook(client, place), queueFor, close };
}
