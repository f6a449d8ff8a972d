import { checkedOptions, optionError } from "../authoring/option-checks.js";
import { quoted } from "../core/ids.js";
import type { Logger } from "../core/logger.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { checkedConnection, type RedisConnection } from "./connection.js";
import { checkedPlace } from "./queue-names.js";
import type { RunPlace } from "./run-link.js";
import type { CarryOut } from "./run-order.js";
import { checkedCount, checkedLogger, checkedObject } from "./runner-options.js";
import { checkedWorkflows } from "./worker-options.js";

/** How fast runs of a workflow are begun, over all engines. */
export interface RunLimit {
  /** The most runs that are begun, or gone on with, in `ms` milliseconds. */
  readonly max?: number;
  readonly ms?: number;
  /** The most runs under way. */
  readonly concurrency?: number;
}

/** What engines of all kinds are set up with. */
export interface EngineSetup {
  readonly connection: RedisConnection;
  /** The name of the queue that runs are submitted to. */
  readonly queue: string;
  /** What the keys in Redis start with, the same for engines and those who submit. Default `cairnflow`; in braces for a cluster. */
  readonly prefix?: string;
  /** How many runs are under way at a time, of each workflow. Default 4. */
  readonly concurrency?: number;
  /** How fast runs are begun, by the name of the workflow. Give all engines the same. */
  readonly limits?: Readonly<Record<string, RunLimit>>;
  /** After how long an engine that gives no sign of life loses its runs to others. Default 30_000; at least 1_000. */
  readonly lockMs?: number;
  /** How often it is looked for runs of engines that were lost. Default 30_000; at least 100. */
  readonly stalledCheckMs?: number;
  /** How often a run may lose its engine before it is given up. Default 50. */
  readonly maxStalls?: number;
  /** How long the result of a run stays in Redis at least. Default 86_400_000, a day; at least 1_000. */
  readonly keepMs?: number;
  /** How long the first connection may take. Default 5_000. */
  readonly connectTimeoutMs?: number;
  /** Hears of runs that fail, are given back or put off, or wait for an engine that has their workflow. */
  readonly logger?: Logger;
}

/** How an engine is set up. */
export interface BullmqEngineOptions extends EngineSetup {
  readonly workflows: readonly WorkflowDefinition[];
  readonly carryOut: CarryOut;
  /** What else is closed with the engine. */
  readonly onClosed: () => Promise<void>;
}

export interface EngineSettings extends RunPlace {
  readonly workflows: ReadonlyMap<string, WorkflowDefinition>;
  readonly carryOut: CarryOut;
  readonly onClosed: () => Promise<void>;
  readonly concurrency: number;
  readonly limits: ReadonlyMap<string, CheckedLimit>;
  readonly lockMs: number;
  readonly stalledCheckMs: number;
  readonly maxStalls: number;
  readonly keepMs: number;
  readonly logger: Logger | null;
}

/** A limit, checked. */
interface CheckedLimit {
  readonly limiter: { readonly max: number; readonly duration: number } | null;
  readonly concurrency: number | null;
}

const WHO = "createEngine";

/** The options that are checked here, by their names. */
export const ENGINE_OPTIONS: readonly string[] = [
  ...["connection", "queue", "prefix", "workflows", "concurrency", "limits"],
  ...["lockMs", "stalledCheckMs", "maxStalls", "keepMs", "connectTimeoutMs", "logger"],
];

/** Throws `InvalidOptionError`, `DuplicateIdError`. */
export function checkedEngineOptions(options: BullmqEngineOptions): EngineSettings {
  checkedObject(options, WHO);
  const { concurrency = 4, lockMs = 30_000, stalledCheckMs = 30_000, maxStalls = 50 } = options;
  const { keepMs = 86_400_000, connectTimeoutMs = 5_000 } = options;
  const workflows = checkedWorkflows(options.workflows, WHO, "whose runs it takes");
  return {
    ...checkedPlace(options, WHO),
    connection: checkedConnection(options.connection, WHO),
    workflows,
    carryOut: options.carryOut,
    onClosed: options.onClosed,
    concurrency: checkedCount("concurrency", concurrency, 1, WHO),
    limits: checkedLimits(options.limits, workflows),
    lockMs: checkedCount("lockMs", lockMs, 1_000, WHO),
    stalledCheckMs: checkedCount("stalledCheckMs", stalledCheckMs, 100, WHO),
    maxStalls: checkedCount("maxStalls", maxStalls, 0, WHO),
    keepMs: checkedCount("keepMs", keepMs, 1_000, WHO),
    connectTimeoutMs: checkedCount("connectTimeoutMs", connectTimeoutMs, 50, WHO),
    logger: checkedLogger(options.logger, WHO),
  };
}

function checkedLimits(
  limits: EngineSetup["limits"] = {},
  workflows: ReadonlyMap<string, WorkflowDefinition>,
): ReadonlyMap<string, CheckedLimit> {
  const known = checkedOptions<Readonly<Record<string, RunLimit>>>(limits, [...workflows.keys()], `limits of ${WHO}`);
  return new Map(Object.entries(known).map(([name, limit]) => [name, checkedLimit(limit, `limits.${quoted(name)}`)]));
}

function checkedLimit(limit: RunLimit, name: string): CheckedLimit {
  const { max, ms, concurrency } = checkedOptions<RunLimit>(limit, ["max", "ms", "concurrency"], `${name} of ${WHO}`);
  if ((max === undefined) !== (ms === undefined)) {
    throw optionError(
      `option ${name} of ${WHO}`,
      max === undefined ? "ms without max" : "max without ms",
      "both, as in { max: 10, ms: 60_000 }",
    );
  }
  const limiter =
    max === undefined ? null : { max: checkedCount(`${name}.max`, max, 1, WHO), duration: checkedCount(`${name}.ms`, ms, 1, WHO) };
  return { limiter, concurrency: concurrency === undefined ? null : checkedCount(`${name}.concurrency`, concurrency, 1, WHO) };
}
