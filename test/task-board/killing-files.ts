import { type BoardFiles, systemFiles } from "../../src/task-board/board-files.js";

/** When the process is killed: before the call, after it, or, for one that writes, when half of the bytes are taken. */
export type KillHow = "before" | "after" | "half";

const kill = (): void => void process.kill(process.pid, "SIGKILL");

/** A file system whose calls (for `half`: those that write) are counted from 1; at one of them the process is killed. */
export function killingFiles(at: number, how: KillHow): BoardFiles {
  let count = 0;
  return watchedFiles((name, call, args) => {
    if (how === "half" && name !== "append") return call();
    if (++count !== at) return call();
    if (how === "half") systemFiles.append(args[0] as number, half(args[1] as Uint8Array));
    if (how !== "after") kill();
    const result = call();
    if (result instanceof Promise) return result.finally(kill);
    kill();
    return result;
  });
}

export const half = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length >> 1);

type Around = (name: keyof BoardFiles, call: () => unknown, args: readonly unknown[]) => unknown;

/** A file system with something around each of its calls. */
export function watchedFiles(around: Around): BoardFiles {
  return new Proxy(systemFiles, {
    get: (target, name: keyof BoardFiles) => {
      const real = target[name] as (...args: readonly unknown[]) => unknown;
      return (...args: readonly unknown[]): unknown => around(name, () => real(...args), args);
    },
  });
}
