import type { ChannelOp, RunChannelBackend } from "./channel.js";
import { toErrorRecord } from "./error-record.js";
import { DefinitionError, IncompatibleCheckpointError } from "./errors.js";
import { checkedKey, quoted } from "./ids.js";
import type { PreflightProblem } from "./preflight.js";
import { isResultKey, resultKey, resultOwner } from "./result-key.js";
import type { RunState } from "./run-state.js";
import type { SavedRun, SavedRunTask } from "./saved-run.js";
import { capture } from "./serialize/index.js";
import { specIdOf, type TaskSpec } from "./task-spec.js";
import type { WorkflowDefinition } from "./workflow-definition.js";

/** Carries a run that was saved under an older version forward, one version after the other. Throws `IncompatibleCheckpointError`. */
export function migrateRun(definition: WorkflowDefinition, from: number, state: RunState, channel: RunChannelBackend): void {
  const { runId } = state;
  const draft = new Draft(state, channel);
  for (let version = from + 1; version <= definition.version; version++) {
    try {
      definition.migrations.get(version)?.({ ...draft, runId, version: version - 1 });
      draft.check();
    } catch (cause) {
      const { name, message } = toErrorRecord(cause);
      throw misfit(runId, `the migration to version ${version} failed: ${name}: ${message}`, "correct it", cause);
    }
  }
  try {
    draft.writeBack(definition);
  } catch (cause) {
    if (!(cause instanceof DefinitionError)) throw cause;
    throw misfit(runId, `what the migrations give cannot be stored: ${cause.message}`, "correct them", cause);
  }
}

/** What migrations change, and how it was before. */
class Draft implements Pick<SavedRun, "channel" | "results" | "tasks"> {
  readonly channel: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  readonly results: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  readonly tasks: readonly SavedRunTask[];
  readonly #state: RunState;
  readonly #backend: RunChannelBackend;
  readonly #before = new Map<string, unknown>();
  readonly #specs: readonly TaskSpec[];

  constructor(state: RunState, backend: RunChannelBackend) {
    this.#state = state;
    this.#backend = backend;
    for (const key of backend.keys("")) {
      const value = backend.read(key)?.read();
      this.#before.set(key, value);
      if (isResultKey(key)) this.results[resultOwner(key)] = value;
      else this.channel[key] = value;
    }
    this.#specs = [...state.pending(), ...state.failed.values()];
    this.tasks = this.#specs.map((spec) => ({
      id: specIdOf(spec),
      status: state.failed.has(spec.serial) ? "failed" : "pending",
      cycle: spec.cycle,
      attempt: spec.attempt,
      task: spec.ref.name,
      input: spec.input.read(),
    }));
  }

  /** Whoever adds a task or takes one away would be believed to have done so. */
  check(): void {
    if (this.tasks.length !== this.#specs.length)
      throw new TypeError(`saved.tasks has ${this.tasks.length} entries: expected the ${this.#specs.length} it had; change them in place`);
  }

  writeBack(definition: WorkflowDefinition): void {
    const ops = [...this.#changed()];
    if (ops.length > 0) this.#backend.commit(ops);
    for (const [place, spec] of this.#specs.entries()) this.#writeTask(definition, spec, this.tasks[place] as SavedRunTask);
    this.#state.requeueWaiting();
  }

  *#changed(): IterableIterator<ChannelOp> {
    const now = new Map([
      ...Object.entries(this.channel).map(([key, value]) => [checkedKey(key), value] as const),
      ...Object.entries(this.results).map(([task, value]) => [checkedKey(resultKey(task)), value] as const),
    ]);
    for (const key of this.#before.keys()) if (!now.has(key)) yield { kind: "delete", key };
    for (const [key, value] of now) {
      if (this.#before.has(key) && Object.is(this.#before.get(key), value)) continue;
      yield { kind: "set", key, value: capture(value, `channel.${key}`), expiresAt: this.#backend.entry(key)?.expiresAt ?? null };
    }
  }

  #writeTask(definition: WorkflowDefinition, spec: TaskSpec, { task, input }: SavedRunTask): void {
    const isSame = task === spec.ref.name && Object.is(input, spec.input.read());
    const entry = isSame
      ? definition.registry.resolve(spec.ref)
      : [...definition.registry.entries()].find(
          ({ ref }) => ref.name === task && (task !== spec.ref.name || ref.module === spec.ref.module),
        );
    if (entry === undefined) {
      throw misfit(
        this.#state.runId,
        `task ${quoted(task)}, which is ${this.#state.failed.has(spec.serial) ? "failed" : "pending"}, is not in workflow ${quoted(definition.name)}`,
        `name another in saved.tasks in a migration, or add formerly: [${JSON.stringify(task)}] to the task it has become`,
      );
    }
    if (isSame && entry.ref === spec.ref) return;
    const { ref, node } = entry;
    const taskId = spec.taskId === spec.ref.name ? ref.name : spec.taskId;
    this.#state.replace({ ...spec, ref, node, taskId, input: isSame ? spec.input : capture(input, `input of ${ref.name}`) });
  }
}

function misfit(runId: string, found: string, fix: string, cause?: unknown): IncompatibleCheckpointError {
  const problem: PreflightProblem = { kind: "migration", message: found, fix };
  const message = `run ${runId} cannot be carried to this version of the workflow: found that ${found}; to mend it, ${fix}.`;
  return new IncompatibleCheckpointError(message, [problem], { runId, ...(cause === undefined ? {} : { cause }) });
}
