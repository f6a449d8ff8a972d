import type { Clock } from "../core/clock.js";
import { toErrorRecord } from "../core/error-record.js";
import type { TaskOutcome, TaskRequests } from "../core/outcome.js";
import type { SettledAttempt } from "../core/rehearsal.js";
import { Trace } from "./trace.js";
import type { TraceChange, TraceEntry, TraceRequest } from "./trace-entry.js";
import type { WitnessedChannel } from "./witnessed-channel.js";

/** Writes down every attempt of a run. */
export class TraceBook {
  readonly trace = new Trace();
  readonly #startedAt: number;

  constructor(
    private readonly clock: Clock,
    private readonly channel: WitnessedChannel,
  ) {
    this.#startedAt = clock.now();
  }

  note({ spec, outcome, became }: SettledAttempt): void {
    const { taskId: task, cycle, attempt, input } = spec;
    const { name } = spec.ref;
    const index = this.trace.length + 1;
    const at = this.clock.now() - this.#startedAt;
    const entry = {
      index,
      at,
      task,
      name,
      cycle,
      attempt,
      became,
      input: input.read(),
      ...endOf(outcome, became),
      changes: this.#changes(),
    };
    this.trace.push(Object.freeze(entry));
  }

  #changes(): TraceEntry["changes"] {
    const entries = Array.from(this.channel.takeChanges(), ([key, { before, after }]): [string, TraceChange] => [
      key,
      { before: before?.read(), after: after?.read() },
    ]);
    return Object.fromEntries(entries);
  }
}

function endOf(outcome: TaskOutcome, became: TraceEntry["became"]): Pick<TraceEntry, "output" | "error" | "requests"> {
  if (outcome.kind === "returned") {
    return { output: became === "completed" ? outcome.value.read() : undefined, error: null, requests: requestsOf(outcome.requests) };
  }
  const { name, code, message } = toErrorRecord(outcome.error);
  return { output: undefined, error: { name, code, message }, requests: [] };
}

function requestsOf(requests: TaskRequests | null): TraceRequest[] {
  if (requests === null) return [];
  const { next, iteration, checkpoints, terminate, cancel, metrics, artifacts } = requests;
  return [
    ...next.map(({ ref, id, input, jump }) => ({
      kind: jump ? ("goto" as const) : ("next" as const),
      task: ref.name,
      id,
      input: input.read(),
    })),
    ...(iteration === null ? [] : [{ kind: "iteration" as const, input: iteration.read() }]),
    ...checkpoints.map(({ name }) => ({ kind: "checkpoint" as const, name })),
    ...(terminate === null ? [] : [{ kind: "terminate" as const, ...terminate }]),
    ...(cancel === null ? [] : [{ kind: "cancel" as const, ...cancel }]),
    ...Array.from(metrics, ([name, value]) => ({ kind: "metric" as const, name, value })),
    ...artifacts.map(({ path, type, description }) => ({ kind: "artifact" as const, path, type, description })),
  ];
}
