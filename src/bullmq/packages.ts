import type * as BullMQ from "bullmq";
import { MissingPackageError } from "../core/errors.js";
import type { RedisLike } from "./connection.js";

/** The packages that jobs go by, loaded. */
export interface Packages {
  readonly bullmq: Pick<typeof BullMQ, "Queue" | "Worker" | "DelayedError" | "UnrecoverableError">;
  readonly Redis: new (...options: never[]) => RedisLike;
}

/** Throws `MissingPackageError`. */
export async function loadPackages(
  loadBullmq: () => Promise<typeof BullMQ> = () => import("bullmq"),
  loadIoredis: () => Promise<{ readonly Redis: unknown }> = () => import("ioredis"),
): Promise<Packages> {
  const bullmq = await loaded("bullmq", "6.7", loadBullmq);
  const { Redis } = await loaded("ioredis", "5.9", loadIoredis);
  return { bullmq, Redis: Redis as Packages["Redis"] };
}

async function loaded<Module>(name: string, version: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    throw new MissingPackageError(
      `the package "${name}" cannot be loaded, which carries tasks to workers: expected version ${version} or newer to be installed; run \`npm install bullmq ioredis\`.`,
      { cause },
    );
  }
}
