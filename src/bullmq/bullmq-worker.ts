import type { Worker } from "bullmq";
import type { Workplace } from "../engine/run-job.js";
import { systemHost } from "../host/system-host.js";
import { GiveBack } from "./give-back.js";
import type { JobData } from "./job-data.js";
import { JobRunner } from "./job-runner.js";
import { PatientChannel } from "./patient-channel.js";
import { servedQueues } from "./served-queues.js";
import { within } from "./within.js";
import { openWorkerLink, type WorkerLink } from "./worker-link.js";
import { type BullmqWorkerOptions, checkedWorkerOptions, type WorkerSettings } from "./worker-options.js";
import type { BullmqWorkerStats } from "./worker-stats.js";

/** How often it is looked whether the engines of running bodies are still there. */
const LOOK_MS = 10_000;

/** For how many seconds, and how many, jobs that nobody could do are kept to be looked at. */
const KEPT_FAILURES = { age: 86_400, count: 1_000 };

/** How long a server that may be away is waited for, once the grace period is over. */
const LAST_WORDS_MS = 5_000;

/** How a worker that ends treats the bodies under way. */
export interface CloseOptions {
  /** How long they may take to end, in milliseconds. Then they are told to give up, and their tasks go to other workers. Default 30_000. */
  readonly graceMs?: number;
}

/** Runs the bodies of tasks that engines send to a queue. */
export class BullmqWorker {
  // Private in the strict sense: whoever prints a worker must not print its password.
  readonly #link: WorkerLink;
  readonly #runner: JobRunner;
  readonly #settings: WorkerSettings;
  readonly #workers: readonly Worker<JobData>[];
  readonly #look: NodeJS.Timeout;
  #closing: Promise<void> | null = null;

  private constructor(link: WorkerLink, runner: JobRunner, settings: WorkerSettings, queues: readonly string[]) {
    this.#link = link;
    this.#runner = runner;
    this.#settings = settings;
    this.#workers = queues.map((queue) => listen(queue, settings, link, runner));
    this.#look = setInterval(() => runner.leaveAbandoned().catch(() => {}), LOOK_MS).unref();
  }

  /** Throws `DefinitionError`s for options, `StoreUnavailableError`, `UnsafeRedisConfigError` and `MissingPackageError`. */
  static async start(options: BullmqWorkerOptions): Promise<BullmqWorker> {
    const settings = checkedWorkerOptions(options);
    const queues = servedQueues(settings);
    let runner: JobRunner | null = null;
    const link = await openWorkerLink(settings, (letter) => runner?.hear(letter));
    const { workflows, channelOf, telemetry } = settings;
    const read: Workplace["channelOf"] = ({ runId }, { signal }) => new PatientChannel(channelOf(runId), signal);
    const place = { host: systemHost(), workflows, telemetry, channelOf: read };
    runner = new JobRunner(link, place, new GiveBack(link.bullmq, link.queues, link.inbox.box));
    const worker = new BullmqWorker(link, runner, settings, queues);
    await Promise.all(worker.#workers.map((one) => one.waitUntilReady()));
    return worker;
  }

  /** What it has done so far. */
  stats(): BullmqWorkerStats {
    return { ...this.#runner.counts };
  }

  /** Whether it takes tasks and its server answers. */
  get isHealthy(): boolean {
    return this.#closing === null && !this.#link.inbox.isLate && this.#workers.every((worker) => worker.isRunning());
  }

  /** Takes nothing new, lets bodies end within the grace period, and closes its connections. */
  close({ graceMs = 30_000 }: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    const timer = setTimeout(() => this.#runner.leaveAll(), graceMs);
    await within(graceMs + LAST_WORDS_MS, Promise.all(this.#workers.map((worker) => worker.close())));
    clearTimeout(timer);
    clearInterval(this.#look);
    await this.#link.close();
    await this.#settings.onClosed?.();
  }
}

function listen(queue: string, settings: WorkerSettings, { bullmq, client, inbox }: WorkerLink, runner: JobRunner): Worker<JobData> {
  const worker = new bullmq.Worker<JobData>(queue, (job, token) => runner.take(job, token), {
    connection: client,
    prefix: settings.prefix,
    name: inbox.box,
    concurrency: settings.concurrency,
    lockDuration: settings.lockMs,
    stalledInterval: settings.stalledCheckMs,
    maxStalledCount: settings.maxStalls,
    removeOnComplete: { count: 0 },
    removeOnFail: KEPT_FAILURES,
  });
  // What it cannot do now it tries again; what it could not say, the engine asks for.
  worker.on("error", () => {});
  return worker;
}
