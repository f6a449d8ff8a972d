import { systemHost } from "../host/system-host.js";
import { connected, refuseEviction } from "./connect.js";
import { clientMaker, type RedisLike } from "./connection.js";
import { Inbox } from "./inbox.js";
import type { Letter } from "./letter.js";
import { tellOwner } from "./living-engines.js";
import { Outbox } from "./outbox.js";
import { loadPackages } from "./packages.js";
import { Queues } from "./queues.js";
import type { RunnerSettings } from "./runner-options.js";
import { CLOSE_MS, within } from "./within.js";

/** What an engine is connected to while it has runs. */
export interface RunnerLink {
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly queues: Queues;
  /** Tells workers which owner of a run to work for. */
  tellOwner(runId: string, epoch: number): Promise<void>;
  close(): Promise<void>;
}

/** Connects an engine to its queues. Throws `StoreUnavailableError`, `UnsafeRedisConfigError`, `MissingPackageError`. */
export async function openLink(settings: RunnerSettings, take: (letter: Letter) => void): Promise<RunnerLink> {
  const { bullmq, Redis } = await loadPackages();
  const make = clientMaker(settings.connection, Redis);
  const client = await connected(make(), settings.connectTimeoutMs);
  const clients: RedisLike[] = [client];
  try {
    await refuseEviction(client);
    const reader = await connected(make(), settings.connectTimeoutMs);
    clients.push(reader);
    const inbox = await Inbox.open(settings, systemHost().newId(), { reader, client }, take);
    const queues = new Queues(bullmq, client, settings);
    const close = async (): Promise<void> => {
      await inbox.close();
      await within(CLOSE_MS, queues.close());
      client.disconnect();
    };
    const tell = (runId: string, epoch: number): Promise<void> => tellOwner(client, settings, runId, epoch);
    return { inbox, outbox: new Outbox(client, settings), queues, tellOwner: tell, close };
  } catch (error) {
    for (const one of clients) one.disconnect();
    throw error;
  }
}
