import type { ChannelBackend } from "../core/channel.js";
import { DuplicateIdError, InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { Logger } from "../core/logger.js";
import { checkedTelemetry, type Telemetry } from "../core/telemetry.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { checkedConnection, type RedisConnection } from "./connection.js";
import { checkedPlace, checkedTags, type QueuePlace } from "./queue-names.js";
import { checkedCount, checkedLogger, checkedObject } from "./runner-options.js";

/** What workers of all kinds are set up with. */
export interface WorkerSetup {
  readonly connection: RedisConnection;
  /** The name of the queue that engines send tasks to. */
  readonly queue: string;
  /** What the keys in Redis start with, the same for engines and workers. Default `cairnflow`; in braces for a cluster. */
  readonly prefix?: string;
  /** How many bodies run at a time, for each set of tags that is served. Default 10. */
  readonly concurrency?: number;
  /** Serves tasks that have tags, and no tags but these. Default: none. */
  readonly tags?: readonly string[];
  /** Serves tasks without tags. Default: only if no tags are given. */
  readonly untagged?: boolean;
  /** After how long a worker that gives no sign of life loses its tasks to others. Default 30_000; at least 1_000. */
  readonly lockMs?: number;
  /** How often it is looked for tasks of workers that were lost. Default 30_000; at least 100. */
  readonly stalledCheckMs?: number;
  /** How often a task may lose its worker before it is given up, and its run fails. Default 50. */
  readonly maxStalls?: number;
  /** How long the first connection may take. Default 5_000. */
  readonly connectTimeoutMs?: number;
  /** Hears of tasks that are given back, and of jobs that cannot be read. */
  readonly logger?: Logger;
  /** What traces and measures the bodies, as `telemetry()` of `cairnflow/otel` makes it; nothing unless given. */
  readonly telemetry?: Telemetry;
}

/** How a worker is set up. */
export interface BullmqWorkerOptions extends WorkerSetup {
  readonly workflows: readonly WorkflowDefinition[];
  /** Where the channel of a run is read. */
  readonly channelOf: (runId: string) => ChannelBackend;
  /** What else is closed with the worker. */
  readonly onClosed?: () => Promise<void>;
}

export interface WorkerSettings extends QueuePlace {
  readonly connection: RedisConnection;
  readonly workflows: ReadonlyMap<string, WorkflowDefinition>;
  readonly channelOf: (runId: string) => ChannelBackend;
  readonly onClosed: (() => Promise<void>) | null;
  readonly concurrency: number;
  readonly tags: readonly string[];
  readonly untagged: boolean;
  readonly lockMs: number;
  readonly stalledCheckMs: number;
  readonly maxStalls: number;
  readonly connectTimeoutMs: number;
  readonly logger: Logger | null;
  readonly telemetry: Telemetry | null;
}

const WHO = "createWorker";

/** Throws `InvalidOptionError`, `DuplicateIdError`. */
export function checkedWorkerOptions(options: BullmqWorkerOptions): WorkerSettings {
  checkedObject(options, WHO);
  const { concurrency = 10, lockMs = 30_000, stalledCheckMs = 30_000, maxStalls = 50, connectTimeoutMs = 5_000 } = options;
  const tags = checkedTags(options.tags ?? [], WHO);
  return {
    ...checkedPlace(options, WHO),
    connection: checkedConnection(options.connection, WHO),
    workflows: checkedWorkflows(options.workflows, WHO, "whose tasks it runs"),
    channelOf: options.channelOf,
    onClosed: options.onClosed ?? null,
    concurrency: checkedCount("concurrency", concurrency, 1, WHO),
    tags,
    untagged: checkedFlag(options.untagged ?? tags.length === 0),
    lockMs: checkedCount("lockMs", lockMs, 1_000, WHO),
    stalledCheckMs: checkedCount("stalledCheckMs", stalledCheckMs, 100, WHO),
    maxStalls: checkedCount("maxStalls", maxStalls, 0, WHO),
    connectTimeoutMs: checkedCount("connectTimeoutMs", connectTimeoutMs, 50, WHO),
    logger: checkedLogger(options.logger, WHO),
    telemetry: checkedTelemetry(options.telemetry, WHO),
  };
}

/** The workflows by their names. Throws `InvalidOptionError`, `DuplicateIdError`. */
export function checkedWorkflows(workflows: readonly WorkflowDefinition[], what: string, which: string): Map<string, WorkflowDefinition> {
  if (!Array.isArray(workflows) || workflows.length === 0) {
    throw new InvalidOptionError(`option workflows of ${what} is empty or no list: expected the workflows ${which}; give one at least.`);
  }
  const found = new Map<string, WorkflowDefinition>();
  for (const workflow of workflows) {
    const other = found.get(workflow.name);
    if (other !== undefined && other !== workflow) {
      throw new DuplicateIdError(
        `two workflows of ${what} are called ${quoted(workflow.name)}: rename one, or start one process for each.`,
      );
    }
    found.set(workflow.name, workflow);
  }
  return found;
}

function checkedFlag(untagged: unknown): boolean {
  if (typeof untagged === "boolean") return untagged;
  throw new InvalidOptionError(`option untagged of ${WHO} is ${quoted(untagged)}: expected true or false; give one of them.`);
}
