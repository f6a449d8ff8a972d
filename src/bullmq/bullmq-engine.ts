import type { Worker } from "bullmq";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { systemHost } from "../host/system-host.js";
import { answered } from "./answered.js";
import type { CloseOptions } from "./bullmq-worker.js";
import type { EngineSettings } from "./engine-options.js";
import type { BullmqEngineStats } from "./engine-stats.js";
import { EngineWatch } from "./engine-watch.js";
import { GiveBack } from "./give-back.js";
import { runOf, runQueueOf } from "./queue-names.js";
import type { RunJobData } from "./run-job-data.js";
import { openRunLink, type RunLink } from "./run-link.js";
import { RunTaker } from "./run-taker.js";
import { within } from "./within.js";

/** How long a server that may be away is waited for, once the grace period is over. */
const LAST_WORDS_MS = 5_000;

/** Runs what is submitted to a queue, and takes over what dead engines have left. */
export class BullmqEngine {
  // Private in the strict sense: whoever prints an engine must not print its password.
  readonly #link: RunLink;
  readonly #taker: RunTaker;
  readonly #settings: EngineSettings;
  readonly #watch: EngineWatch;
  readonly #workers: readonly Worker<RunJobData>[];
  #closing: Promise<void> | null = null;

  private constructor(link: RunLink, settings: EngineSettings) {
    const name = systemHost().newId();
    const workflows = [...settings.workflows.values()];
    const byQueue = new Map(workflows.map((workflow) => [runQueueOf(settings.queue, workflow.name), link.queueFor(workflow.name)]));
    const giveBack = new GiveBack<RunJobData>(
      link.bullmq,
      { get: (queue) => byQueue.get(queue) as NonNullable<ReturnType<typeof byQueue.get>> },
      name,
    );
    this.#link = link;
    this.#settings = settings;
    this.#taker = new RunTaker(link, giveBack, settings);
    this.#watch = new EngineWatch(link, this.#taker, settings);
    this.#workers = workflows.map((workflow) => listen(workflow, name, settings, link, this.#taker));
  }

  /** Throws `StoreUnavailableError`, `UnsafeRedisConfigError` and `MissingPackageError`. */
  static async start(settings: EngineSettings): Promise<BullmqEngine> {
    const link = await openRunLink(settings);
    try {
      await answered(settings.connectTimeoutMs, limitRuns(settings, link));
    } catch (error) {
      await link.close();
      throw error;
    }
    const engine = new BullmqEngine(link, settings);
    await Promise.all(engine.#workers.map((worker) => worker.waitUntilReady()));
    return engine;
  }

  /** What it has done so far. */
  stats(): BullmqEngineStats {
    return { ...this.#taker.counts };
  }

  /** Whether it takes runs and its server answers. */
  get isHealthy(): boolean {
    return this.#closing === null && !this.#watch.isLate && this.#workers.every((worker) => worker.isRunning());
  }

  /**
   * Takes nothing new, stops its runs in good order, leaves them to other engines, and closes its connections. Tasks under way may
   * end within the grace period; those that do not are done again elsewhere.
   */
  close({ graceMs = 30_000 }: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    const closed = Promise.all(this.#workers.map((worker) => worker.close()));
    this.#taker.stopAll(graceMs);
    await within(graceMs + LAST_WORDS_MS, closed);
    this.#watch.stop();
    await this.#link.close();
    await this.#settings.onClosed();
  }
}

/** The engine that was started last says how many runs of a workflow may be under way. */
async function limitRuns({ workflows, limits }: EngineSettings, { queueFor }: RunLink): Promise<void> {
  for (const name of workflows.keys()) {
    const concurrency = limits.get(name)?.concurrency ?? null;
    await (concurrency === null ? queueFor(name).removeGlobalConcurrency() : queueFor(name).setGlobalConcurrency(concurrency));
  }
}

function listen(
  workflow: WorkflowDefinition,
  name: string,
  settings: EngineSettings,
  { bullmq, client, book }: RunLink,
  taker: RunTaker,
): Worker<RunJobData> {
  const keep = { age: Math.ceil(settings.keepMs / 1_000) };
  const limiter = settings.limits.get(workflow.name)?.limiter ?? null;
  const worker = new bullmq.Worker<RunJobData>(
    runQueueOf(settings.queue, workflow.name),
    (job, token) => taker.take(workflow, job, token),
    {
      connection: client,
      prefix: settings.prefix,
      name,
      concurrency: settings.concurrency,
      lockDuration: settings.lockMs,
      stalledInterval: settings.stalledCheckMs,
      maxStalledCount: settings.maxStalls,
      removeOnComplete: keep,
      removeOnFail: keep,
      ...(limiter === null ? {} : { limiter }),
    },
  );
  // What it cannot do now it tries again; an outcome that comes too late is refused, and the run is another's.
  worker.on("error", () => {});
  const keepFacts = ({ id }: { readonly id?: string }): void => void book.keepFor(runOf(id), settings.keepMs).catch(() => {});
  worker.on("completed", keepFacts);
  worker.on("failed", (job) => keepFacts(job ?? {}));
  return worker;
}
