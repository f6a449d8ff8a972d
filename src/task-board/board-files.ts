import * as fs from "node:fs";

/** What is known of an open file. */
interface OpenFile {
  readonly bytes: number;
  /** Whether it is a regular file that can still be found under a name. */
  readonly isInPlace: boolean;
}

/** Every call by which a file board reads or changes the file system, so that a test can count, fail or kill at each. */
export interface BoardFiles {
  /** Makes a folder and those above it. */
  makeFolder(path: string): void;
  /** Opens a file to read it and to write at its end, whoever else does; makes it if there is none. */
  open(path: string): number;
  inspect(file: number): OpenFile;
  /** Reads into the bytes from this place on; gives how many there were. */
  read(file: number, into: Uint8Array, at: number): number;
  /** Writes at the end of the file in one piece; gives how many bytes were taken. */
  append(file: number, bytes: Uint8Array): number;
  /** Resolves when all that was written by anybody is on disk. */
  sync(file: number): Promise<void>;
  syncFolder(path: string): void;
  close(file: number): void;
}

const { O_APPEND, O_CREAT, O_RDWR, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;

/** The file system of this machine. */
export const systemFiles: BoardFiles = {
  makeFolder: (path) => void fs.mkdirSync(path, { recursive: true, mode: 0o700 }),
  open: (path) => fs.openSync(path, O_APPEND | O_CREAT | O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0o600),
  inspect: (file) => {
    const found = fs.fstatSync(file);
    return { bytes: found.size, isInPlace: found.isFile() && found.nlink > 0 };
  },
  read: (file, into, at) => fs.readSync(file, into, 0, into.length, at),
  append: (file, bytes) => fs.writeSync(file, bytes),
  sync: (file) => new Promise((resolve, reject) => fs.fdatasync(file, (error) => (error ? reject(error) : resolve()))),
  syncFolder: (path) => {
    const folder = fs.openSync(path, "r");
    try {
      fs.fsyncSync(folder);
    } finally {
      fs.closeSync(folder);
    }
  },
  close: (file) => fs.closeSync(file),
};
