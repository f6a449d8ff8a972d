import { RunCancelledError, RunnerError, StoreUnavailableError } from "../core/errors.js";
import { isId, quoted } from "../core/ids.js";
import { type RemoteAttempt, type RemoteTask, UnservedJob } from "../core/task-runner.js";
import { SentAttempt } from "./attempt.js";
import { mayPass, withoutValues } from "./client-faults.js";
import { JobWatch } from "./job-watch.js";
import type { Letter } from "./letter.js";
import { openLink, type RunnerLink } from "./runner-link.js";
import type { RunnerSettings } from "./runner-options.js";
import type { RunnerCounts } from "./runner-stats.js";
import { within } from "./within.js";

/** How long the end of a run waits for a server that may be away. */
const END_MS = 5_000;

const PUT_AGAIN_MS = 200;

/** Sends attempts to workers, and hears how they end. */
export class Sender {
  readonly #sent = new Map<string, SentAttempt>();
  /** The epoch in which each run has sent its last task. */
  readonly #epochs = new Map<string, number>();
  readonly #watch: JobWatch;

  private constructor(
    private readonly settings: RunnerSettings,
    private readonly link: RunnerLink,
    private readonly counts: RunnerCounts,
  ) {
    this.#watch = new JobWatch(this.#sent, link.queues, link.inbox, settings.checkMs, {
      resend: (sent) => this.#resend(sent),
      failed: (sent, reason) => this.#fail(sent, `BullMQ has given it up: ${quoted(reason)}`),
      abort: (sent) => void this.#takeBack(sent),
      unserved: (queue) => settings.logger?.warn({ queue }, "no worker listens to a queue that tasks wait in"),
      tick: () => this.#look(),
    });
  }

  /** Throws `StoreUnavailableError`, `UnsafeRedisConfigError`, `MissingPackageError`. */
  static async open(settings: RunnerSettings, counts: RunnerCounts): Promise<Sender> {
    let sender: Sender | null = null;
    const link = await openLink(settings, (letter) => {
      if (sender !== null) sender.#take(letter);
    });
    sender = new Sender(settings, link, counts);
    return sender;
  }

  /** Attempts that have not ended. */
  get pending(): number {
    return this.#sent.size;
  }

  /** Has an attempt made by a worker. Resolves to its outcome. */
  send(task: RemoteTask, attempt: RemoteAttempt): Promise<string> {
    const { inbox, queues } = this.link;
    return new Promise((resolve, reject) => {
      const sent = new SentAttempt(`${task.key}.${inbox.box}`, queues.nameFor(task.tags), task, attempt, resolve, reject);
      this.#sent.set(sent.job, sent);
      this.counts.sent++;
      this.#tellOwner(task);
      this.#put(sent);
      const { signal } = sent;
      if (signal.aborted) return this.#abort(sent);
      signal.addEventListener("abort", () => this.#abort(sent), { once: true });
    });
  }

  /** Gives up what a run has sent: it has ended. */
  async leave(runId: string): Promise<void> {
    this.#epochs.delete(runId);
    const left = [...this.#sent.values()].filter(({ task }) => task.runId === runId);
    for (const { job } of left) this.#settle(job)?.reject(new RunCancelledError(`run ${runId} has ended`, { runId }));
    await within(END_MS, Promise.all(left.map((sent) => this.#takeBack(sent))));
  }

  async close(): Promise<void> {
    this.#watch.stop();
    await within(END_MS, this.link.close());
  }

  /** A run that was taken over has jobs of its earlier owner in the queue. */
  #tellOwner({ runId, epoch }: RemoteTask): void {
    if (this.#epochs.get(runId) === epoch) return;
    this.#epochs.set(runId, epoch);
    if (epoch > 0) this.link.tellOwner(runId, epoch).catch(() => {});
  }

  #put(sent: SentAttempt): void {
    const { job: id, queue, task } = sent;
    const data = { to: this.link.inbox.box, run: task.runId, epoch: task.epoch, job: task.job, refusedBy: [] };
    this.link.queues.add({ queue, id, name: task.taskId, data, failed: (error) => this.#notPut(sent, error) });
  }

  /** A job that a broken connection may have taken with it is put again: it is one job all the same, by its id. */
  #notPut(sent: SentAttempt, error: unknown): void {
    if (!this.#sent.has(sent.job)) return;
    if (mayPass(error)) return void setTimeout(() => this.#put(sent), PUT_AGAIN_MS);
    const { job, queue, task } = sent;
    const facts = { cause: withoutValues(error), runId: task.runId, taskId: task.taskId };
    this.#settle(job)?.reject(new RunnerError(`task "${task.taskId}" could not be put into queue ${quoted(queue)}; see the cause.`, facts));
  }

  #resend(sent: SentAttempt): void {
    if (sent.isAborted) return void this.#settle(sent.job)?.reject(sent.signal.reason);
    this.counts.resent++;
    const { runId, taskId } = sent.task;
    this.settings.logger?.warn({ runId, taskId }, "the job of a task is gone without an outcome: it is sent again");
    this.#put(sent);
  }

  #take(letter: Letter): void {
    const sent = this.#sent.get(letter.job);
    if (sent === undefined) {
      if (letter.kind === "outcome") this.counts.stale++;
      return;
    }
    switch (letter.kind) {
      case "outcome":
        this.counts.answered++;
        return this.#settle(letter.job)?.resolve(letter.text);
      case "refused":
        return this.#fail(sent, `a worker cannot read it: ${quoted(letter.text)}`);
      case "unserved":
        return this.#settle(letter.job)?.reject(new UnservedJob(letter.text, { runId: sent.task.runId, taskId: sent.task.taskId }));
      case "tell":
        return sent.tell(letter);
      case "ask":
        return void this.#answer(sent, letter);
      default:
    }
  }

  async #answer(sent: SentAttempt, letter: Letter): Promise<void> {
    const { job, from, no } = letter;
    const { outbox, inbox } = this.link;
    const answer = await sent.ask(letter).then(
      (text) => ({ kind: "answer" as const, text }),
      (error: unknown) => ({ kind: "failure" as const, text: error instanceof Error ? error.message : "the engine has failed" }),
    );
    await outbox.post(from, { ...answer, job, from: inbox.box, no }).catch(() => {});
  }

  #abort(sent: SentAttempt): void {
    if (!this.#sent.has(sent.job)) return;
    sent.isAborted = true;
    void this.#takeBack(sent);
  }

  /** A job that waits is removed; a body that runs is told to give up. */
  async #takeBack({ job, queue, signal }: SentAttempt): Promise<void> {
    const { queues, outbox, inbox } = this.link;
    try {
      if ((await queues.get(queue).remove(job)) === 1) return this.#settle(job)?.reject(signal.reason);
      const worker = (await queues.get(queue).getJob(job))?.processedBy;
      if (isId(worker)) await outbox.post(worker, { kind: "abort", job, from: inbox.box, no: 0, text: "" });
    } catch {
      // The server is away: tried again when the attempt is asked after.
    }
  }

  #fail({ job, task: { runId, taskId } }: SentAttempt, why: string): void {
    const message = `task "${taskId}" of run ${runId} was not done by any worker: ${why}; mend that, and resume the run.`;
    this.#settle(job)?.reject(new RunnerError(message, { runId, taskId }));
  }

  #look(): void {
    const { inbox } = this.link;
    const { patienceMs } = this.settings;
    inbox.giveSign().catch(() => {});
    if (inbox.silentMs <= patienceMs) return;
    for (const { job, task } of [...this.#sent.values()]) {
      const message = `the Redis of the queue has not answered for ${patienceMs} ms, in which task "${task.taskId}" has not ended; see to the server, and resume the run.`;
      this.#settle(job)?.reject(new StoreUnavailableError(message, { outcome: "unknown", runId: task.runId, taskId: task.taskId }));
    }
  }

  /** From now on the attempt counts as ended. */
  #settle(job: string): SentAttempt | undefined {
    const sent = this.#sent.get(job);
    this.#sent.delete(job);
    return sent;
  }
}
