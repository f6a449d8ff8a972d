import type { DurableFs } from "./durable-fs.js";
import { notAFolder } from "./faults.js";

/** Whether there is a directory under that very name; throws `CheckpointStorageError` for anything else, as a symbolic link. */
export function isFolder(calls: DurableFs, path: string): boolean {
  const found = calls.inspect(path);
  if (found === null) return false;
  if (found.kind === "directory") return true;
  throw notAFolder(path, found.kind === "file" ? "a file" : "a symbolic link or a special file");
}
