import type { Job } from "bullmq";
import { CairnError, RunCancelledError } from "../core/errors.js";
import { UnservedJob } from "../core/task-runner.js";
import { runJob, type Workplace } from "../engine/run-job.js";
import { BodyDesk } from "./body-desk.js";
import type { GiveBack } from "./give-back.js";
import { type JobData, readJobData } from "./job-data.js";
import type { Letter } from "./letter.js";
import type { WorkerLink } from "./worker-link.js";
import { newCounts } from "./worker-stats.js";

/** What an outcome begins with if the body threw. */
const THREW = '{"kind":"threw"';

/** A job that this worker has taken from its queue. */
interface TakenJob {
  readonly id: string;
  readonly job: Job<JobData>;
  readonly token: string | undefined;
  readonly data: JobData;
}

/** A body under way. */
interface Body {
  readonly id: string;
  readonly data: JobData;
  readonly desk: BodyDesk;
  /** Leaves the body to itself: its task goes to another worker. */
  readonly leave: () => void;
}

/** Runs the bodies that jobs ask for, and sends what becomes of them to their engines. */
export class JobRunner {
  readonly counts = newCounts();
  readonly #bodies = new Set<Body>();
  #lastNo = 0;

  constructor(
    private readonly link: WorkerLink,
    private readonly place: Workplace,
    private readonly giveBack: GiveBack<JobData>,
  ) {}

  /** Does a job, or throws what tells BullMQ that it was given back or is of no use. */
  async take(job: Job<JobData>, token: string | undefined): Promise<null> {
    const data = this.#read(job);
    if (!(await this.link.engines.isWaiting(data))) {
      this.counts.abandoned++;
      return null;
    }
    const taken = { id: job.id ?? "", job, token, data };
    try {
      await this.#run(taken);
    } catch (error) {
      if (error instanceof UnservedJob) return this.#unserved(taken, error);
      if (error instanceof CairnError) return this.#unreadable(taken, error);
      throw error;
    }
    return null;
  }

  /** Takes a letter of an engine. */
  hear(letter: Letter): void {
    for (const { id, desk } of this.#bodies) if (id === letter.job) desk.hear(letter);
  }

  /** Leaves all bodies to themselves; their tasks go to other workers. */
  leaveAll(): void {
    for (const { desk, leave } of this.#bodies) {
      leave();
      desk.abort(new RunCancelledError("the worker of this task ends"));
    }
  }

  /** Tells bodies to give up whose engines are gone: nobody would read their outcomes. */
  async leaveAbandoned(): Promise<void> {
    for (const { data, desk } of [...this.#bodies]) {
      if (!(await this.link.engines.isWaiting(data))) desk.abort(new RunCancelledError("the engine of this task is gone"));
    }
  }

  #read(job: Job<JobData>): JobData {
    try {
      return readJobData(job.data);
    } catch (error) {
      throw this.#useless(job.id ?? "", error as Error);
    }
  }

  async #run(taken: TakenJob): Promise<void> {
    const { job, token, data } = taken;
    const desk = new BodyDesk(
      () => ++this.#lastNo,
      (kind, text, no) => this.#post(taken, kind, text, no),
    );
    let leave = (): void => {};
    const left = new Promise<null>((resolve) => {
      leave = () => resolve(null);
    });
    const body = { id: taken.id, data, desk, leave };
    this.#bodies.add(body);
    this.counts.running++;
    const begun = performance.now();
    try {
      const outcome = await Promise.race([runJob(data.job, this.place, desk), left]);
      if (outcome === null) return await this.giveBack.atOnce(job, token);
      this.#count(outcome, performance.now() - begun);
      if (!(await this.#post(taken, "outcome", outcome))) this.counts.abandoned++;
    } finally {
      desk.close();
      this.#bodies.delete(body);
      this.counts.running--;
    }
  }

  #count(outcome: string, busyMs: number): void {
    this.counts.processed++;
    this.counts.busyMs += busyMs;
    if (outcome.startsWith(THREW)) this.counts.failed++;
    else this.counts.succeeded++;
  }

  async #unserved(taken: TakenJob, error: UnservedJob): Promise<null> {
    const { id, job, token, data } = taken;
    this.counts.refused++;
    if (await this.giveBack.isRefusedByAll(job, data)) {
      await this.#post(taken, "unserved", `${error.message} No worker of the queue has it.`);
      return null;
    }
    this.link.logger?.warn({ job: id }, `given back to other workers: ${error.message}`);
    return this.giveBack.toOthers(job, token, data);
  }

  async #unreadable(taken: TakenJob, error: CairnError): Promise<never> {
    await this.#post(taken, "refused", error.message);
    throw this.#useless(taken.id, error);
  }

  /** What tells BullMQ that nobody need try this job again. */
  #useless(id: string, { message }: Error): Error {
    this.counts.unreadable++;
    this.link.logger?.error({ job: id }, `a job cannot be read: ${message}`);
    return new this.link.bullmq.UnrecoverableError(message);
  }

  #post({ id, data }: TakenJob, kind: Letter["kind"], text: string, no = 0): Promise<boolean> {
    return this.link.outbox.post(data.to, { kind, job: id, from: this.link.inbox.box, no, text });
  }
}
