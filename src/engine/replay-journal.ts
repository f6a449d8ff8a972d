import type { ChannelOp } from "../core/channel.js";
import { applyOp } from "../core/channel-ops.js";
import { CheckpointCorruptError, CheckpointError } from "../core/errors.js";
import { replayCommit } from "../core/journal-record.js";
import { JsonReader } from "../core/read-json.js";
import type { RunState } from "../core/run-state.js";
import type { StoredValue } from "../core/serialize/index.js";
import type { Names } from "../core/spec-read.js";
import { checkRecords } from "../core/state-check.js";

/** What takes the writes of a journal. */
interface Writable {
  commit(ops: readonly ChannelOp[]): void;
}

/** Puts the steps that a journal holds on top of a checkpoint's state and channel. */
export function replayJournal(records: readonly Uint8Array[], state: RunState, channel: Writable, names: Names): void {
  if (records.length === 0) return;
  state.index();
  try {
    for (const [place, record] of records.entries()) {
      for (const commit of JsonReader.parse(decoder.decode(record), `journal record ${place}`).items()) {
        replayCommit(commit, state, names, (ops) => channel.commit(ops));
      }
    }
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause;
    const message = "the journal holds steps that do not follow from its checkpoint; resume from a checkpoint with `at`.";
    throw new CheckpointCorruptError(message, { cause, runId: state.runId, file: "journal" });
  }
  state.requeueWaiting();
  checkRecords(state);
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
