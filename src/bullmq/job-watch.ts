import type { SentAttempt } from "./attempt.js";
import type { Inbox } from "./inbox.js";
import type { Queues } from "./queues.js";

/** What becomes of attempts that were asked after. */
export interface WatchDesk {
  /** The job is gone, and no outcome has come: it is to be sent again. */
  resend(attempt: SentAttempt): void;
  /** BullMQ has given the job up. */
  failed(attempt: SentAttempt, reason: string): void;
  /** The body should give up, and may not have heard of it. */
  abort(attempt: SentAttempt): void;
  /** Nobody listens to a queue that jobs wait in. */
  unserved(queue: string): void;
  /** It is time to look around. */
  tick(): void;
}

/** How many attempts are asked after at a time. */
const AT_ONCE = 200;
/** How often it is looked whether anybody listens to a queue: the server lists all its clients for that. */
const LOOK_MS = 60_000;

/** Asks now and then after attempts that take long, as the news of their end may have been lost. */
export class JobWatch {
  readonly #timer: NodeJS.Timeout;
  #isAsking = false;
  #lastLook = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly sent: Map<string, SentAttempt>,
    private readonly queues: Queues,
    private readonly inbox: Inbox,
    private readonly checkMs: number,
    private readonly desk: WatchDesk,
  ) {
    this.#timer = setInterval(() => void this.#ask(), checkMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #ask(): Promise<void> {
    this.desk.tick();
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const due = this.#oldest();
      await Promise.all(due.map((attempt) => this.#askAfter(attempt)));
      await this.#lookForWorkers(new Set(due.map(({ queue }) => queue)));
    } catch {
      // The server is away: asked again next time.
    } finally {
      this.#isAsking = false;
    }
  }

  async #lookForWorkers(queues: ReadonlySet<string>): Promise<void> {
    if (queues.size === 0 || performance.now() - this.#lastLook < LOOK_MS) return;
    this.#lastLook = performance.now();
    for (const queue of queues) {
      if ((await this.queues.get(queue).getWorkersCount()) === 0) this.desk.unserved(queue);
    }
  }

  /** Those that have not been asked after for longest; they go to the end of the row. */
  #oldest(): SentAttempt[] {
    const before = performance.now() - this.checkMs;
    const due: SentAttempt[] = [];
    for (const attempt of this.sent.values()) {
      if (due.length === AT_ONCE) break;
      if (attempt.sentAt <= before) due.push(attempt);
    }
    for (const attempt of due) {
      this.sent.delete(attempt.job);
      this.sent.set(attempt.job, attempt);
    }
    return due;
  }

  async #askAfter(attempt: SentAttempt): Promise<void> {
    const job = await this.queues.look(attempt.queue, attempt.job);
    if (!this.sent.has(attempt.job)) return;
    if (job.is === "failed") return this.desk.failed(attempt, job.reason);
    if (job.is === "gone") return this.#gone(attempt);
    attempt.goneInRound = null;
    if (attempt.isAborted) this.desk.abort(attempt);
  }

  /** Its outcome was sent before it went: it is in the box, if it is anywhere. */
  #gone(attempt: SentAttempt): void {
    const { rounds } = this.inbox;
    attempt.goneInRound ??= rounds;
    if (rounds < attempt.goneInRound + 2) return;
    attempt.goneInRound = null;
    this.desk.resend(attempt);
  }
}
