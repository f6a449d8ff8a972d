// A process that does one thing to run r1 and kills itself at one of the file-system calls that this takes:
// <root> <seq> <"before" | "after"> <n> <"put" | "delete" | "blob" | "pin" | "acquire" | "release" | "journal" | "resume">.
// With n = 0 it lives, and prints how many calls it made.
import { type DurableFs, systemFs } from "../../src/file/durable-fs.js";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { digestOf, recordOf } from "./record.js";

const [root = "", seq = "1", when = "before", at = "0", action = "put"] = process.argv.slice(2);
let calls = 0;
let counting = false;

function die(): void {
  process.kill(process.pid, "SIGKILL");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

const fs = new Proxy(systemFs, {
  get: (target, name: keyof DurableFs) => {
    const real = target[name] as (...args: unknown[]) => unknown;
    return (...args: unknown[]): unknown => {
      const mine = counting && ++calls === Number(at);
      if (mine && when === "before") die();
      const result = real(...args);
      if (!mine) return result;
      if (result instanceof Promise) return result.finally(die);
      return die();
    };
  },
});

const store = new FileCheckpointStore(root, { fs });
const key = { runId: "r1", seq: Number(seq), id: `c${seq}` };
const acquire = () => store.acquire("r1");
const counted = async (act: () => Promise<unknown>): Promise<void> => {
  counting = true;
  await act();
};

const actions: Record<string, () => Promise<void>> = {
  delete: () => counted(() => store.delete(key)),
  blob: () => counted(() => store.deleteBlob("r1", digestOf("old blob"), async () => (await store.list("r1")).length === 0)),
  pin: () => counted(() => store.pin(key, true)),
  acquire: () => counted(acquire),
  put: async () => {
    const writer = await acquire();
    await counted(() => writer.put(recordOf(key.seq, key.id, ["old blob", `new blob of c${seq}`])));
  },
  release: async () => {
    const writer = await acquire();
    await counted(() => writer.release());
  },
  journal: async () => {
    const writer = await acquire();
    await counted(async () => (await writer.beginJournal(key.seq)).append(Buffer.from("late")));
  },
  resume: async () => {
    const writer = await acquire();
    await counted(() => writer.countResume("1/0"));
  },
};
await store.open();
await actions[action]?.();
process.stdout.write(String(calls));
