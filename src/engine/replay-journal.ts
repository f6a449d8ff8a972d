import type { ChannelOp } from "../core/channel.js";
import { applyOp } from "../core/channel-ops.js";
import { CheckpointCorruptError, CheckpointError } from "../core/errors.js";
import { replayCommit } from "../core/journal-record.js";
import { JsonReader } from "../core/read-json.js";
import type { RunState } from "../core/run-state.js";
import type { StoredValue } from "../core/serialize/index.js";
import { type Names, namesAsSaved } from "../core/spec-read.js";
import { checkRecords, checkScopes } from "../core/state-check.js";
import type { TaskSpec } from "../core/task-spec.js";

/** What takes the writes of a journal. */
interface Writable {
  commit(ops: readonly ChannelOp[]): void;
}

/** Puts the steps that a journal holds on top of a checkpoint's state and channel; with `count`, the first ones only. */
export function replayJournal(
  records: readonly Uint8Array[],
  state: RunState,
  channel: Writable,
  names: Names,
  count = Number.POSITIVE_INFINITY,
): void {
  if (records.length === 0) return;
  state.index();
  let left = count;
  for (const _ of replayed(records, state, channel, names)) if (--left <= 0) break;
  state.requeueWaiting();
  checkRecords(state);
  checkScopes(state);
}

/** How many steps of a journal lead to the end of a cycle of a task, or of its last one; `null` if none does. */
export function stepsUntil(
  records: readonly Uint8Array[],
  state: RunState,
  { task, cycle }: { readonly task: string; readonly cycle?: number },
): number | null {
  state.index();
  let count = 0;
  let found: number | null = null;
  for (const done of replayed(records, state, NOWHERE, namesAsSaved)) {
    count++;
    if (done?.taskId === task && (cycle === undefined || done.cycle === cycle)) found = count;
  }
  return found;
}

const NOWHERE: Writable = { commit: () => {} };

/** Puts one commit after the other into effect, and gives the task whose step each was. */
function* replayed(records: readonly Uint8Array[], state: RunState, channel: Writable, names: Names): IterableIterator<TaskSpec | null> {
  try {
    for (const [place, record] of records.entries()) {
      for (const commit of JsonReader.parse(decoder.decode(record), `journal record ${place}`).items()) {
        yield replayCommit(commit, state, names, (ops) => channel.commit(ops));
      }
    }
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause;
    const message = "the journal holds steps that do not follow from its checkpoint; resume from a checkpoint with `at`.";
    throw new CheckpointCorruptError(message, { cause, runId: state.runId, file: "journal" });
  }
}

const decoder = new TextDecoder();

/** The values of a channel by key, for somebody who only looks at them. */
export class ChannelValues implements Writable {
  constructor(readonly values: Map<string, StoredValue>) {}

  commit(ops: readonly ChannelOp[]): void {
    for (const op of ops) {
      const value = applyOp(this.values.get(op.key), op);
      if (value === undefined) this.values.delete(op.key);
      else this.values.set(op.key, value);
    }
  }
}
