import type { Logger } from "../core/logger.js";
import { systemHost } from "../host/system-host.js";
import { connected, refuseEviction } from "./connect.js";
import { clientMaker, type RedisLike } from "./connection.js";
import { Inbox } from "./inbox.js";
import type { Letter } from "./letter.js";
import { LivingEngines } from "./living-engines.js";
import { Outbox } from "./outbox.js";
import { loadPackages, type Packages } from "./packages.js";
import { Queues } from "./queues.js";
import { CLOSE_MS, within } from "./within.js";
import type { WorkerSettings } from "./worker-options.js";

/** What a worker is connected to. */
export interface WorkerLink {
  readonly bullmq: Packages["bullmq"];
  readonly client: RedisLike;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly queues: Queues;
  readonly engines: LivingEngines;
  readonly logger: Logger | null;
  close(): Promise<void>;
}

/** Connects a worker to its queues. Throws `StoreUnavailableError`, `UnsafeRedisConfigError`, `MissingPackageError`. */
export async function openWorkerLink(settings: WorkerSettings, take: (letter: Letter) => void): Promise<WorkerLink> {
  const { bullmq, Redis } = await loadPackages();
  const make = clientMaker(settings.connection, Redis);
  const clients: RedisLike[] = [];
  const connect = async (): Promise<RedisLike> => {
    const client = await connected(make(), settings.connectTimeoutMs);
    clients.push(client);
    return client;
  };
  try {
    const client = await connect();
    await refuseEviction(client);
    const inbox = await Inbox.open(settings, systemHost().newId(), { reader: await connect(), client }, take);
    const queues = new Queues(bullmq, client, settings);
    const close = async (): Promise<void> => {
      await inbox.close();
      await within(CLOSE_MS, queues.close());
      client.disconnect();
    };
    const [outbox, engines] = [new Outbox(client, settings), new LivingEngines(client, settings)];
    return { bullmq, client, inbox, outbox, queues, engines, logger: settings.logger, close };
  } catch (error) {
    for (const client of clients) client.disconnect();
    throw error;
  }
}
