import * as fs from "node:fs";
import * as promises from "node:fs/promises";
import { LimitExceededError } from "../core/errors.js";
import { STATE_LIMIT } from "../core/state-size.js";

/** What is found at a path, without following a symbolic link. */
interface Found {
  readonly kind: "file" | "directory" | "other";
  readonly bytes: number;
  /** When it was last written to, or moved here, by the clock of the file system. */
  readonly changedMs: number;
}

interface Entry {
  readonly name: string;
  readonly kind: Found["kind"];
}

/**
 * Every call by which this folder reads or changes the file system, so that a test can record, fail or kill at each.
 *
 * What only touches the page cache is synchronous (it takes microseconds, less than a trip to the thread pool); what
 * waits for the disk, or grows with what is stored, is asynchronous.
 */
export interface DurableFs {
  makeDirectory(path: string): void;
  /** Opens a new file for writing; fails if there is one. */
  create(path: string): number;
  /** Writes at the end of what was written so far; resolves to the number of bytes taken, which may be fewer than given. */
  write(file: number, bytes: Uint8Array): number | Promise<number>;
  syncFile(file: number): Promise<void>;
  close(file: number): void;
  syncDirectory(path: string): Promise<void>;
  rename(from: string, to: string): void;
  /** Removes an empty directory. */
  removeDirectory(path: string): void;
  /** Removes a file, or a directory with all in it; there need not be one. Symbolic links are removed, not followed. */
  removeTree(path: string): Promise<void>;
  inspect(path: string): Found | null;
  /** What a directory holds, in no order; `null` if there is no such directory. */
  list(path: string): Promise<readonly Entry[] | null>;
  /** The content of a file, or `null` if there is no regular file under that very name. Throws `LimitExceededError` for a huge one. */
  read(path: string): Promise<Uint8Array | null>;
}

const SYNCHRONOUS_BYTES = 1 << 20;
const FILES_AT_ONCE = 32;
const READ_FLAGS = fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);

function tooLarge(path: string, bytes: number): LimitExceededError {
  return new LimitExceededError(
    `${path} has ${bytes} bytes: expected at most ${STATE_LIMIT}, as nothing larger is written; see what has put it there.`,
  );
}

/** The file system of this machine. */
export const systemFs: DurableFs = {
  makeDirectory: (path) => fs.mkdirSync(path, 0o700),
  create: (path) => fs.openSync(path, "wx", 0o600),
  write: (file, bytes) => (bytes.length <= SYNCHRONOUS_BYTES ? fs.writeSync(file, bytes) : writeLater(file, bytes)),
  syncFile: (file) => settled((done) => fs.fdatasync(file, done)),
  close: (file) => fs.closeSync(file),
  syncDirectory: async (path) => {
    const directory = fs.openSync(path, "r");
    try {
      await settled((done) => fs.fsync(directory, done));
    } finally {
      fs.closeSync(directory);
    }
  },
  rename: (from, to) => fs.renameSync(from, to),
  removeDirectory: (path) => fs.rmdirSync(path),
  removeTree: (path) => promises.rm(path, { recursive: true, force: true }),
  inspect: (path) => {
    const found = fs.lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return null;
    return { kind: kindOf(found), bytes: found.size, changedMs: found.ctimeMs };
  },
  list: async (path) => {
    const entries = await absentAsNull(promises.readdir(path, { withFileTypes: true }));
    return entries?.map((entry) => ({ name: entry.name, kind: kindOf(entry) })) ?? null;
  },
  read: async (path) => {
    const file = await absentAsNull(promises.open(path, READ_FLAGS));
    if (file === null) return null;
    try {
      const found = await file.stat();
      if (found.size > STATE_LIMIT) throw tooLarge(path, found.size);
      return found.isFile() ? await file.readFile() : null;
    } finally {
      await file.close();
    }
  },
};

/** Writes new files and syncs them together with some directories; resolves when all of that is on disk. */
export async function writeSynced(
  calls: DurableFs,
  files: readonly (readonly [path: string, bytes: Uint8Array])[],
  directories: readonly string[],
): Promise<void> {
  // In parts, so that a checkpoint of ten thousand blobs does not need as many open files.
  for (let from = FILES_AT_ONCE; from < files.length; from += FILES_AT_ONCE) {
    await writePart(calls, files.slice(from, from + FILES_AT_ONCE), []);
  }
  await writePart(calls, files.slice(0, FILES_AT_ONCE), directories);
}

async function writePart(
  calls: DurableFs,
  files: readonly (readonly [string, Uint8Array])[],
  directories: readonly string[],
): Promise<void> {
  const opened: number[] = [];
  try {
    for (const [path, bytes] of files) {
      const file = calls.create(path);
      opened.push(file);
      await writeAll(calls, file, bytes, path);
    }
    // The files stay open until here: an error of the write-back in between is reported to those who have the file open.
    await allSettled([...opened.map((file) => calls.syncFile(file)), ...directories.map((path) => calls.syncDirectory(path))]);
  } finally {
    closeAll(calls, opened);
  }
}

export async function writeAll(calls: DurableFs, file: number, bytes: Uint8Array, path: string): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const taken = await calls.write(file, written === 0 ? bytes : bytes.subarray(written));
    if (taken <= 0) throw new Error(`writing ${path} took 0 of ${bytes.length - written} bytes: expected at least 1; check the disk.`);
    written += taken;
  }
}

/** Waits for all of them even if one fails, so that no file is closed while it is being synced. */
async function allSettled(actions: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(actions)) if (result.status === "rejected") throw result.reason;
}

function closeAll(calls: DurableFs, files: readonly number[]): void {
  const failures: unknown[] = [];
  for (const file of files) {
    try {
      calls.close(file);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** The code of a system error, as `ENOSPC`, or `null`. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}

function kindOf(found: { isFile(): boolean; isDirectory(): boolean }): Found["kind"] {
  if (found.isFile()) return "file";
  return found.isDirectory() ? "directory" : "other";
}

function settled(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
}

function writeLater(file: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => fs.write(file, bytes, (error, written) => (error ? reject(error) : resolve(written))));
}

/** `null` where nothing of the wanted sort has that name: nothing at all, a symbolic link, or a file for a folder. */
async function absentAsNull<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ELOOP", "ENXIO"].includes(errorCode(error) ?? "")) return null;
    throw error;
  }
}
