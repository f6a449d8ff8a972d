import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { MessageChannel } from "node:worker_threads";
import type { Piscina } from "piscina";
import { InvalidOptionError, MissingPackageError, TaskTimeoutError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { outcomeText } from "../core/outcome-text.js";
import { type RemoteAttempt, type RemoteTask, type TaskRunner, UnservedJob } from "../core/task-runner.js";
import { EngineEnd } from "./engine-end.js";
import type { ThreadJob, ThreadModules, ThreadResult } from "./thread-port.js";

/** How a pool of threads is set up. */
export interface ThreadRunnerOptions {
  /** The modules that export the workflows, as addresses: `import.meta.url`, `new URL("./flows.js", import.meta.url)`. */
  readonly modules: readonly (string | URL)[];
  /** The module whose export `telemetry`, as `telemetry()` of `cairnflow/otel` makes it, watches bodies in the threads; nothing unless given. */
  readonly telemetry?: string | URL;
  /** How many threads there may be; as many as the machine has processors unless given. */
  readonly threads?: number;
  /** How long a body that was told to give up may go on, in milliseconds, before its thread is ended: 1,000 unless given. */
  readonly killAfterMs?: number;
  /** How long a thread without work stays, in milliseconds: 10,000 unless given. */
  readonly idleMs?: number;
}

/** Runs the bodies of tasks in a pool of threads. */
export interface ThreadRunner extends TaskRunner, AsyncDisposable {
  /** Ends the threads. A run that still uses the runner fails and can be resumed. */
  close(): Promise<void>;
}

/**
 * Runs bodies in threads of this process, so that work for the processor does not hold up the engine. Needs the package piscina.
 * As a handler it moves the tasks that name it; as the `runner` of a run it moves all. A body whose module is not among `modules`
 * runs in the engine's thread, and a warning says why. Throws `InvalidOptionError`; a run throws `MissingPackageError`.
 *
 * ```ts
 * const thread = threadRunner({ modules: [import.meta.url] });
 * await run(flow, input, { handlers: { thread } }); // tasks made with { handler: "thread" }
 * await thread.close();
 * ```
 */
export function threadRunner(options: ThreadRunnerOptions): ThreadRunner {
  return new PiscinaRunner(checkedOptions(options));
}

type ThreadSettings = Required<Omit<ThreadRunnerOptions, "telemetry">> & { readonly telemetry: string | URL | null };

class PiscinaRunner implements ThreadRunner {
  readonly kind = "thread";
  readonly fallsBack = true;
  #pool: Promise<Piscina<ThreadJob, ThreadResult>> | null = null;

  constructor(private readonly options: ThreadSettings) {}

  async begin(): Promise<void> {
    await this.#open();
  }

  async run(task: RemoteTask, attempt: RemoteAttempt): Promise<string> {
    const pool = await this.#open();
    const { port1, port2 } = new MessageChannel();
    const kill = new AbortController();
    const end = new EngineEnd(port1, attempt, task.timeoutMs, this.options.killAfterMs, () => kill.abort());
    try {
      const result = await pool.run({ job: task.job, port: port2 }, { name: "work", transferList: [port2], signal: kill.signal });
      if ("outcome" in result) return result.outcome;
      throw new UnservedJob(result.unserved);
    } catch (error) {
      if (error instanceof UnservedJob || this.#pool === null) throw error;
      // A thread that ended is the body's doing: it may be tried again.
      return outcomeText({ outcome: { kind: "threw", error: end.isLate ? timedOut(task) : error }, memo: null });
    } finally {
      end.close();
    }
  }

  async end(): Promise<void> {}

  async close(): Promise<void> {
    // One that could not be started was told to whoever wanted it.
    const pool = await this.#pool?.catch(() => null);
    this.#pool = null;
    await pool?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #open(): Promise<Piscina<ThreadJob, ThreadResult>> {
    this.#pool ??= this.#start();
    return this.#pool;
  }

  async #start(): Promise<Piscina<ThreadJob, ThreadResult>> {
    const { modules, telemetry, threads, idleMs } = this.options;
    const { Piscina: Pool } = await loadPiscina();
    return new Pool({
      filename: fileURLToPath(new URL("./thread-worker.js", import.meta.url)),
      name: "work",
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: idleMs,
      workerData: { modules: modules.map(String), telemetry: telemetry === null ? null : String(telemetry) } satisfies ThreadModules,
    });
  }
}

const timedOut = ({ taskId, runId, timeoutMs }: RemoteTask): TaskTimeoutError =>
  new TaskTimeoutError(
    `task "${taskId}" ran longer than its timeout of ${timeoutMs} ms and did not give up; its thread was ended.`,
    timeoutMs ?? 0,
    { runId, taskId },
  );

async function loadPiscina() {
  try {
    return await import("piscina");
  } catch (cause) {
    throw new MissingPackageError(
      'the package "piscina" cannot be loaded, which runs tasks in threads: expected version 5.3 or newer to be installed; run `npm install piscina`.',
      { cause },
    );
  }
}

function checkedOptions({
  modules,
  telemetry,
  threads = availableParallelism(),
  killAfterMs = 1_000,
  idleMs = 10_000,
}: ThreadRunnerOptions): ThreadSettings {
  if (!Array.isArray(modules) || modules.length === 0 || !modules.every(isAddress)) {
    throw new InvalidOptionError(
      "the thread option `modules` is not a list of addresses of modules: expected at least one file: URL, such as import.meta.url.",
    );
  }
  if (telemetry !== undefined && !isAddress(telemetry)) {
    throw new InvalidOptionError(
      "the thread option `telemetry` is not the address of a module: expected a file: URL of one that exports `telemetry`.",
    );
  }
  return {
    modules,
    telemetry: telemetry ?? null,
    threads: whole("threads", threads, 1, 1_024),
    killAfterMs: whole("killAfterMs", killAfterMs, 0, LONGEST_MS),
    idleMs: whole("idleMs", idleMs, 0, LONGEST_MS),
  };
}

const LONGEST_MS = 2_147_483_647;

const isAddress = (module: unknown): boolean => {
  const text = String(module);
  return (typeof module === "string" || module instanceof URL) && URL.canParse(text) && new URL(text).protocol === "file:";
};

function whole(name: string, value: unknown, least: number, most: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  const found = typeof value === "number" ? String(value) : quoted(value);
  throw new InvalidOptionError(`the thread option \`${name}\` is ${found}: expected a whole number from ${least} to ${most}.`);
}
