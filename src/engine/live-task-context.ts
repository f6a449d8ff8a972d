import type { Channel, ChannelOp } from "../core/channel.js";
import type { CheckpointHandle, CheckpointRequestOptions } from "../core/checkpoint.js";
import { type Duration, toMs } from "../core/duration.js";
import { InvalidOptionError, UsageError } from "../core/errors.js";
import { hash128 } from "../core/hash.js";
import { checkedKey } from "../core/ids.js";
import type { TaskLogger } from "../core/logger.js";
import type { TaskOutcome } from "../core/outcome.js";
import { RandomStream } from "../core/random.js";
import { resultKey } from "../core/result-key.js";
import { capture, type StoredValue } from "../core/serialize/index.js";
import type { AnyTask, InputOf, OutputOf, TaskLike } from "../core/task.js";
import type { NextTaskOptions, TaskContext } from "../core/task-context.js";
import { specIdOf, type TaskSpec } from "../core/task-spec.js";
import type { TaskSpan } from "../core/telemetry.js";
import { silenced } from "./deferred.js";
import { RequestBook } from "./request-book.js";
import { checkpointRequest, nextRequest, resultIdOf } from "./requests.js";
import { TaskChannel } from "./task-channel.js";
import type { TaskDoor } from "./task-door.js";
import { taskLogger } from "./task-logger.js";
import { TaskTransaction } from "./task-transaction.js";

/** A task under way: what its body sees, and what the engine reads off when the body has ended. */
export class LiveTaskContext implements TaskContext<object> {
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Whether the body has ended, or is not waited for any more. */
  closed = false;
  /** How the body ended. */
  outcome: TaskOutcome | null = null;
  book: RequestBook | null = null;
  memo: Map<string, StoredValue> | null;
  /** What telemetry has made of the attempt, or `null`: nobody watches it. */
  span: TaskSpan | null = null;
  /** Calls off the time-out. */
  disarm: (() => void) | null = null;
  #transaction: TaskTransaction | null = null;
  #channel: TaskChannel<object> | null = null;
  #aborted: { readonly reason: unknown } | null = null;
  #controller: AbortController | null = null;
  #random: RandomStream | null = null;

  constructor(
    readonly run: TaskDoor,
    readonly spec: TaskSpec,
    readonly task: AnyTask,
    startedAt: number,
  ) {
    this.startedAt = startedAt;
    this.memo = spec.memo === null ? null : new Map(spec.memo);
  }

  get runId(): string {
    return this.run.state.runId;
  }
  get taskId(): string {
    return this.spec.taskId;
  }
  get specId(): string {
    return specIdOf(this.spec);
  }
  get attempt(): number {
    return this.spec.attempt;
  }
  get cycle(): number {
    return this.spec.cycle;
  }
  get maxCycles(): number {
    return this.task.settings.maxCycles ?? this.run.settings.defaultMaxCycles;
  }
  get steps(): number {
    return this.run.state.steps;
  }
  get log(): TaskLogger {
    return taskLogger(this.run.logger, this);
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#aborted !== null) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  get channel(): Channel<object> {
    if (this.#channel === null) {
      this.#transaction = new TaskTransaction(this.run.channel.backend, this.taskId);
      if (this.closed) this.#transaction.close();
      this.#channel = new TaskChannel<object>(this.#transaction, this.run.channel.schemas);
    }
    return this.#channel;
  }

  async result<T extends TaskLike>(task: T): Promise<OutputOf<T> | undefined> {
    const value = await this.run.channel.backend.read(resultKey(resultIdOf(this.run.definition, task)));
    return value?.read() as OutputOf<T> | undefined;
  }

  nextTask<T extends TaskLike>(task: T, options: NextTaskOptions<InputOf<T>> = {}): void {
    this.#open("nextTask").next.push(nextRequest(this.run, this.taskId, task, options));
  }

  goto<T extends TaskLike>(task: T, input?: InputOf<T>): void {
    this.#open("goto").next.push(nextRequest(this.run, this.taskId, task, { input, goto: true }));
  }

  nextIteration(data?: unknown): void {
    const book = this.#open("nextIteration");
    if (book.iteration !== null)
      throw new UsageError(`task "${this.taskId}" called nextIteration twice in one pass: call it once, with all data.`);
    book.iteration = capture(data, `input of ${this.taskId}`);
  }

  canIterate(): boolean {
    return this.cycle < this.maxCycles;
  }

  checkpoint(metadata: Readonly<Record<string, unknown>> = {}, options: CheckpointRequestOptions = {}): CheckpointHandle {
    const book = this.#open("checkpoint");
    const request = checkpointRequest(this.run, this.spec, metadata, options);
    const { checkpointer } = this.run;
    if (checkpointer === null) return noHandle(request.id);
    if (options.mode === "immediate") return this.run.checkpointNow(this, request);
    book.checkpoints.push(request);
    return checkpointer.handle(request, () => !this.closed);
  }

  terminate(message?: string): void {
    this.#open("terminate").terminate = { message: message ?? null };
  }

  cancel(message?: string): void {
    this.#open("cancel").cancel = { message: message ?? null };
  }

  progress(done: number, total?: number, label?: string): void {
    const { events } = this.run;
    if (!events.wants("taskProgress")) return;
    const { runId, taskId, specId, cycle, attempt } = this;
    events.emit("taskProgress", { runId, taskId, specId, cycle, attempt, done, total: total ?? null, label: label ?? null });
  }

  metric(name: string, value: number): void {
    if (typeof value !== "number") throw new InvalidOptionError(`metric ${name} got a ${typeof value}: expected a number.`);
    this.#open("metric").metrics.set(checkedKey(name), value);
  }

  artifact(path: string, details: { readonly type?: string; readonly description?: string } = {}): void {
    const { type = null, description = null } = details;
    this.#open("artifact").artifacts.push({ path, type, description, taskId: this.taskId });
  }

  idempotencyKey(label = ""): string {
    return hash128(JSON.stringify([this.runId, this.run.instanceOf(this.spec), this.cycle, label]));
  }

  async once<T>(key: string, fn: () => T | Promise<T>): Promise<T> {
    const known = this.memo?.get(checkedKey(key));
    if (known) return known.read() as T;
    const value = capture(await fn(), `once.${key}`);
    this.memo ??= new Map();
    this.memo.set(key, value);
    await this.run.remember(this, key, value);
    return value.read() as T;
  }

  random(): number {
    return this.run.random === null ? this.#stream().next() : this.run.random();
  }

  now(): number {
    return this.spec.availableAt;
  }

  uuid(): string {
    return this.#stream().uuid();
  }

  sleep(duration: Duration): Promise<void> {
    const delayMs = toMs(duration, "sleep");
    const { signal } = this;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const callOff = this.run.host.clock.after(delayMs, () => {
        signal.removeEventListener("abort", abort);
        resolve();
      });
      const abort = (): void => {
        callOff();
        reject(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  /** Aborts `signal`, now or when somebody asks for it. */
  abort(reason: unknown): void {
    this.#aborted ??= { reason };
    this.#controller?.abort(reason);
  }

  /** Whether the engine has told this task to give up. */
  get aborted(): boolean {
    return this.#aborted !== null;
  }

  /** Writes that were begun and have not ended, or `null`. */
  get unfinishedWrites(): Promise<unknown> | null {
    return this.#channel === null ? null : this.#channel.unfinished;
  }

  /** The writes so far; the next ones start afresh. */
  takeOps(): readonly ChannelOp[] {
    return this.#transaction?.take() ?? [];
  }

  /** The body has ended, or is not waited for any more: nothing it does from now on counts. */
  close(): void {
    this.closed = true;
    this.#transaction?.close();
    this.disarm?.();
  }

  #open(call: string): RequestBook {
    if (this.closed) {
      throw new UsageError(`task "${this.taskId}" called ctx.${call} after it had ended: await everything before returning.`, {
        taskId: this.taskId,
      });
    }
    this.book ??= new RequestBook();
    return this.book;
  }

  #stream(): RandomStream {
    const { state } = this.run;
    this.#random ??= new RandomStream(`${state.seed} ${this.run.instanceOf(this.spec)} ${this.cycle}`);
    return this.#random;
  }
}

/** Without a store nothing is promised: durability "none" was asked for. */
function noHandle(id: string): CheckpointHandle {
  return {
    id,
    get committed() {
      return silenced(Promise.reject(new UsageError(`checkpoint ${id} is not stored: the run has durability "none".`)));
    },
  };
}
