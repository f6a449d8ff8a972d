// A file system that kills its process before or after one of its calls, counted while `isCounting`.
import type { DurableFs } from "../../src/file/durable-fs.js";
import { systemFs } from "../../src/file/durable-fs.js";

export interface Count {
  calls: number;
  isCounting: boolean;
}

export function killingFs(count: Count, when: string, at: number): DurableFs {
  return new Proxy(systemFs, {
    get: (target, name: keyof DurableFs) => {
      const real = target[name] as (...args: unknown[]) => unknown;
      return (...args: unknown[]): unknown => {
        const mine = count.isCounting && ++count.calls === at;
        if (mine && when === "before") die();
        const result = real(...args);
        if (!mine) return result;
        if (result instanceof Promise) return result.finally(die);
        return die();
      };
    },
  });
}

/** Does not return: nothing may happen between the signal and the end. */
function die(): never {
  process.kill(process.pid, "SIGKILL");
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
