// Takes a run over at every call of a commit, and lets the owner before go on with it.
import type { CheckpointStore } from "../../src/core/checkpoint.js";
import { StaleOwnerError } from "../../src/core/errors.js";
import type { DurableFs } from "../../src/file/durable-fs.js";
import { recordOf } from "../file/record.js";
import { MemoryDisk } from "./memory-disk.js";
import { RUN_ID, STORE, type StoreMaker } from "./recorded-runs.js";

const isThere = async (store: CheckpointStore): Promise<boolean> => (await store.list(RUN_ID)).length > 0;

/** What was not as promised: a commit of which nobody had found anything when the run was taken over is refused, and never found. */
export async function staleCommits(makeStore: StoreMaker): Promise<{ readonly takeOvers: number; readonly violations: string[] }> {
  const violations: string[] = [];
  for (let call = 1; ; call++) {
    const { wasThere, error, store } = await takenOverAt(makeStore, call);
    if (wasThere === null) return { takeOvers: call - 1, violations };
    const found = await isThere(store);
    const isRefused = error instanceof StaleOwnerError;
    if (wasThere ? !found : found || !isRefused) violations.push(`taken over at call ${call}: found ${found}, ${String(error)}`);
  }
}

/** Takes the run over before a call of a commit; `wasThere` is `null` if there was no such call. */
async function takenOverAt(makeStore: StoreMaker, at: number) {
  const disk = new MemoryDisk();
  const place = `/${STORE}`;
  const other = makeStore(place, disk);
  await other.open();
  let calls = 0;
  let wasThere: boolean | null = null;
  // Only calls that wait can be waited at: all others follow one of them at once.
  const pausing = async (): Promise<void> => {
    if (++calls !== at) return;
    wasThere = await isThere(other);
    await other.acquire(RUN_ID, { takeOver: true });
  };
  const paused = new Proxy<DurableFs>(disk, {
    get: (target, name: keyof DurableFs) => {
      const real = (target[name] as (...args: unknown[]) => unknown).bind(target);
      if (!["write", "syncFile", "syncDirectory", "list", "read"].includes(name)) return real;
      return async (...args: unknown[]) => {
        if (isCommitting) await pausing();
        return real(...args);
      };
    },
  });
  let isCommitting = false;
  const writer = await makeStore(place, paused).acquire(RUN_ID);
  isCommitting = true;
  const error = await writer.put(recordOf(1, "c1", ["blob"])).catch((thrown: unknown) => thrown);
  return { wasThere, error, store: other };
}
