// What a store has promised, and when: held against what a power cut leaves.
import type { CheckpointKey, CheckpointRecord, CheckpointStore } from "../../src/core/checkpoint.js";
import type { Journal } from "../../src/core/journal.js";
import { wrappedStore } from "../testing/wrapped-store.js";
import type { Recording } from "./recording-fs.js";

/** Something that a store was asked for, or has said to be done. */
export type Mark =
  | { readonly kind: "putting" | "put"; readonly record: CheckpointRecord }
  | { readonly kind: "deleting"; readonly key: CheckpointKey }
  | { readonly kind: "beginning"; readonly journal: PromisedJournal }
  | { readonly kind: "appending" | "appended"; readonly journal: PromisedJournal; readonly bytes: Uint8Array };

interface PromisedJournal {
  readonly runId: string;
  readonly seq: number;
}

/** A store that notes what it is asked for and what it promises. */
export function noted<Store extends CheckpointStore>(store: Store, recording: Recording): Store {
  const writing = wrappedStore(store, (writer) => ({
    put: async (record) => {
      recording.mark({ kind: "putting", record });
      await writer.put(record);
      recording.mark({ kind: "put", record });
    },
    beginJournal: async (seq) => {
      const journal = { runId: writer.runId, seq };
      recording.mark({ kind: "beginning", journal });
      return notedJournal(await writer.beginJournal(seq), journal, recording);
    },
  }));
  const remove: CheckpointStore["delete"] = (key) => {
    recording.mark({ kind: "deleting", key });
    return store.delete(key);
  };
  return new Proxy(writing, { get: (target, name) => (name === "delete" ? remove : Reflect.get(target, name)) });
}

function notedJournal(begun: Journal, journal: PromisedJournal, recording: Recording): Journal {
  return {
    append: async (bytes) => {
      recording.mark({ kind: "appending", journal, bytes });
      await begun.append(bytes);
      recording.mark({ kind: "appended", journal, bytes });
    },
    close: () => begun.close(),
  };
}

/** What must be found of a journal, and what may be. */
export interface JournalPromise extends PromisedJournal {
  readonly issued: readonly Uint8Array[];
  readonly confirmed: number;
  /** Another one was begun since, by whoever had stored all of it in a checkpoint. */
  readonly isReplaced: boolean;
}

/** What a store has promised up to some moment. */
export class Promises {
  /** All checkpoints that it was asked for, by `seq-id`. */
  readonly records = new Map<string, CheckpointRecord>();
  readonly blobs = new Map<string, Uint8Array>();
  /** Those that must be found. */
  readonly kept = new Set<string>();
  readonly journals: JournalPromise[];

  constructor({ events }: Recording, cut: number) {
    const journals = new Map<PromisedJournal, { issued: Uint8Array[]; confirmed: number }>();
    for (const { call, began } of events) if (call.kind === "mark" && began <= cut) this.#take(call.mark, journals);
    const newest = [...journals.keys()].at(-1);
    this.journals = Array.from(journals, ([journal, found]) => ({ ...journal, ...found, isReplaced: journal !== newest }));
  }

  #take(mark: Mark, journals: Map<PromisedJournal, { issued: Uint8Array[]; confirmed: number }>): void {
    switch (mark.kind) {
      case "putting":
        this.records.set(nameOf(mark.record), mark.record);
        for (const [digest, bytes] of mark.record.blobs) this.blobs.set(digest, bytes);
        break;
      case "put":
        this.kept.add(nameOf(mark.record));
        break;
      case "deleting":
        this.kept.delete(nameOf(mark.key));
        break;
      case "beginning":
        journals.set(mark.journal, { issued: [], confirmed: 0 });
        break;
      case "appending":
        journals.get(mark.journal)?.issued.push(mark.bytes);
        break;
      case "appended": {
        const journal = journals.get(mark.journal);
        if (journal !== undefined) journal.confirmed++;
      }
    }
  }
}

export const nameOf = ({ seq, id }: CheckpointKey): string => `${seq}-${id}`;
