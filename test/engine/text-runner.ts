import type { ChannelBackend } from "../../src/core/channel.js";
import type { JobDesk, RemoteAttempt, RemoteTask, TaskRunner } from "../../src/core/task-runner.js";
import type { WorkflowDefinition } from "../../src/core/workflow-definition.js";
import { runJob } from "../../src/engine/run-job.js";
import { systemHost } from "../../src/host/system-host.js";
import type { RunChannel } from "../../src/index.js";

/** Runs bodies in this process, but as if they ran in another: nothing but text crosses. */
export class TextRunner implements TaskRunner {
  readonly kind = "text";
  readonly fallsBack = false;
  /** What was asked for, and what became of it. */
  readonly tasks: RemoteTask[] = [];
  readonly outcomes: string[] = [];
  readonly said: string[] = [];
  readonly calls: string[] = [];

  constructor(
    private readonly workflows: readonly { readonly definition: WorkflowDefinition }[],
    private readonly channel: RunChannel,
    private readonly doJob: (task: RemoteTask, work: () => Promise<string>, attempt: RemoteAttempt) => Promise<string> = (_, work) =>
      work(),
  ) {}

  async begin({ runId }: { readonly runId: string }): Promise<void> {
    this.calls.push(`begin ${runId}`);
  }

  async end(runId: string): Promise<void> {
    this.calls.push(`end ${runId}`);
  }

  async run(task: RemoteTask, attempt: RemoteAttempt): Promise<string> {
    this.tasks.push(task);
    const outcome = await this.doJob(task, () => this.#work(task, attempt), attempt);
    this.outcomes.push(outcome);
    return outcome;
  }

  #work(task: RemoteTask, attempt: RemoteAttempt): Promise<string> {
    const backend = (this.channel as unknown as { readonly backend: ChannelBackend }).backend;
    const workflows = new Map(this.workflows.map(({ definition }) => [definition.name, definition] as const));
    const hear = (message: string): Promise<string> => {
      this.said.push(message);
      return attempt.tell(message);
    };
    const desk: JobDesk = { signal: attempt.signal, tell: (message) => void hear(message), ask: hear };
    return runJob(task.job, { host: systemHost(), workflows, channelOf: () => backend }, desk);
  }
}
