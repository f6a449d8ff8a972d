import { type DurableFs, errorCode } from "./durable-fs.js";
import { notAFolder } from "./faults.js";

/** Whether there is a directory under that very name; throws `CheckpointStorageError` for anything else, as a symbolic link. */
export function isFolder(calls: DurableFs, path: string): boolean {
  const found = calls.inspect(path);
  if (found === null) return false;
  if (found.kind === "directory") return true;
  throw notAFolder(path, found.kind === "file" ? "a file" : "a symbolic link or a special file");
}

/** Makes a directory if there is none, whoever else does so at the same time. */
export function ensureFolder(calls: DurableFs, path: string): void {
  if (isFolder(calls, path)) return;
  try {
    calls.makeDirectory(path);
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
}
