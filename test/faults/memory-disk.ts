// A disk held in memory, and the file system on it: hundreds of thousands of disks can be made, looked at and thrown away.
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { DurableFs } from "../../src/file/durable-fs.js";

export interface DiskFile {
  readonly kind: "file";
  bytes: Uint8Array;
}

export interface DiskFolder {
  readonly kind: "directory";
  readonly entries: Map<string, DiskNode>;
}

export type DiskNode = DiskFile | DiskFolder;

export const newFolder = (entries: Iterable<readonly [string, DiskNode]> = []): DiskFolder => ({
  kind: "directory",
  entries: new Map(entries),
});

const failure = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code });

export class MemoryDisk implements DurableFs {
  readonly #files: DiskFile[] = [];

  constructor(private readonly root: DiskFolder = newFolder()) {}

  makeDirectory(path: string): void {
    this.#addTo(path, newFolder());
  }

  create(path: string): number {
    const file: DiskFile = { kind: "file", bytes: new Uint8Array() };
    this.#addTo(path, file);
    return this.#files.push(file) - 1;
  }

  write(file: number, bytes: Uint8Array): number {
    const open = this.#files[file] as DiskFile;
    open.bytes = Buffer.concat([open.bytes, bytes]);
    return bytes.length;
  }

  async syncFile(): Promise<void> {}

  close(): void {}

  async syncDirectory(path: string): Promise<void> {
    this.#folderAt(path);
  }

  rename(from: string, to: string): void {
    const [source, target] = [this.#folderAt(dirname(from)), this.#folderAt(dirname(to))];
    const moved = source.entries.get(basename(from));
    if (moved === undefined) throw failure("ENOENT", from);
    const replaced = target.entries.get(basename(to));
    if (replaced === moved) return;
    if (replaced !== undefined) checkReplaceable(moved, replaced, to);
    source.entries.delete(basename(from));
    target.entries.set(basename(to), moved);
  }

  removeDirectory(path: string): void {
    const found = this.#nodeAt(path);
    if (found === undefined) throw failure("ENOENT", path);
    if (found.kind === "file") throw failure("ENOTDIR", path);
    if (found.entries.size > 0) throw failure("ENOTEMPTY", path);
    this.#folderAt(dirname(path)).entries.delete(basename(path));
  }

  async removeTree(path: string): Promise<void> {
    const parent = this.#nodeAt(dirname(path));
    if (parent?.kind === "directory") parent.entries.delete(basename(path));
  }

  inspect(path: string): ReturnType<DurableFs["inspect"]> {
    const found = this.#nodeAt(path);
    if (found === undefined) return null;
    return { kind: found.kind, bytes: found.kind === "file" ? found.bytes.length : 0, changedMs: 0 };
  }

  async list(path: string): ReturnType<DurableFs["list"]> {
    const found = this.#nodeAt(path);
    return found?.kind === "directory" ? Array.from(found.entries, ([name, { kind }]) => ({ name, kind })) : null;
  }

  async read(path: string): Promise<Uint8Array | null> {
    const found = this.#nodeAt(path);
    return found?.kind === "file" ? Uint8Array.from(found.bytes) : null;
  }

  #nodeAt(path: string): DiskNode | undefined {
    let node: DiskNode | undefined = this.root;
    for (const name of path.split("/")) if (name !== "") node = node?.kind === "directory" ? node.entries.get(name) : undefined;
    return node;
  }

  #folderAt(path: string): DiskFolder {
    const found = this.#nodeAt(path);
    if (found?.kind === "directory") return found;
    throw failure(found === undefined ? "ENOENT" : "ENOTDIR", path);
  }

  #addTo(path: string, node: DiskNode): void {
    const { entries } = this.#folderAt(dirname(path));
    if (entries.has(basename(path))) throw failure("EEXIST", path);
    entries.set(basename(path), node);
  }
}

function checkReplaceable(moved: DiskNode, replaced: DiskNode, path: string): void {
  if (moved.kind === "file" && replaced.kind === "directory") throw failure("EISDIR", path);
  if (moved.kind === "directory" && replaced.kind === "file") throw failure("ENOTDIR", path);
  if (replaced.kind === "directory" && replaced.entries.size > 0) throw failure("ENOTEMPTY", path);
}

/** Puts what is on such a disk into a real folder. */
export function writeOut({ entries }: DiskFolder, path: string): void {
  mkdirSync(path, { recursive: true });
  for (const [name, node] of entries) {
    if (node.kind === "file") writeFileSync(join(path, name), node.bytes);
    else writeOut(node, join(path, name));
  }
}
