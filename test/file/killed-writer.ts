// A process that puts, deletes or pins one checkpoint and kills itself at one of its file-system calls:
// <root> <seq> <"before" | "after"> <n> ["put" | "delete" | "pin"].
// With n = 0 it lives, and prints how many calls it made.
import { type DurableFs, systemFs } from "../../src/file/durable-fs.js";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { recordOf } from "./record.js";

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
await store.open();
counting = true;
const key = { runId: "r1", seq: Number(seq), id: `c${seq}` };
if (action === "put") await store.put(recordOf(key.seq, key.id, ["old blob", `new blob of c${seq}`]));
else if (action === "delete") await store.delete(key);
else await store.pin(key, true);
process.stdout.write(String(calls));
