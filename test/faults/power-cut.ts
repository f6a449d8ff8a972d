// The disks that a power cut may leave: what was not synced is there, or not, or in part, whatever came before or after it.
//
// The model is that of a journaling file system, and no kinder: a rename happens wholly or not at all, and changes to one and the
// same entry or file happen in order. Apart from that any two changes may swap. A new entry is safe once its folder was synced, the
// content of a file once the file was; neither makes the other safe.
import { basename, dirname } from "node:path";
import { type ContentChoice, CutFile } from "./cut-file.js";
import { type DiskFolder, type DiskNode, newFolder } from "./memory-disk.js";
import type { Recorded, Recording } from "./recording-fs.js";
import { below } from "./seeded.js";

/** One change to the entries of folders; both ends of a rename are one. */
interface Change {
  readonly ended: number;
  /** Changes to the same entry or of the same file, without which this one cannot have happened. */
  readonly after: readonly Change[];
  isSafe: boolean;
}

interface Entry {
  readonly name: string;
  readonly node: CutNode | null;
  readonly change: Change;
}

class CutFolder {
  readonly kind = "directory";
  /** What programs see. */
  readonly now = new Map<string, CutNode>();
  readonly history: Entry[] = [];

  lastChangeOf(name: string): Change | undefined {
    return this.history.findLast((entry) => entry.name === name)?.change;
  }
}

type CutNode = CutFile | CutFolder;

/** Which of the changes that are not safe are kept, and how much of what was written but not synced. */
export interface Choice {
  readonly changes: "all" | "none" | "last" | "some" | "all but one";
  readonly content: ContentChoice;
}

/** A disk as it is found after the cut, and what has happened to it. */
export interface LeftDisk {
  readonly root: DiskFolder;
  readonly dropped: number;
  /** Whether a change is there although one before it is not. */
  readonly isReordered: boolean;
  /** Whether only a part of what was written to a file is there. */
  readonly isTorn: boolean;
  /** Equal for equal disks of one cut. */
  readonly fingerprint: string;
}

/** A disk with its whole past up to the moment of the cut. */
export class CutDisk {
  readonly #root = new CutFolder();
  readonly #changes: Change[] = [];
  readonly #files = new Map<number, CutFile>();
  readonly #lastOf = new Map<CutNode, Change>();

  constructor(
    { events }: Recording,
    private readonly place: string,
    cut: number,
  ) {
    for (const event of events) if (event.began <= cut) this.#replay(event, cut);
  }

  /** One of the disks that may be left. */
  leave({ changes, content }: Choice, random: () => number): LeftDisk {
    const open = this.#changes.filter(({ isSafe }) => !isSafe);
    const kept = keptOf(open, changes, random);
    const fates: string[] = [];
    let isTorn = false;
    const contentOf = (file: CutFile): Uint8Array => {
      const left = file.left(content, random);
      isTorn ||= left.isTorn;
      if (left.fate !== "") fates.push(left.fate);
      return left.bytes;
    };
    const root = leftFolder(this.#root, kept, contentOf);
    const isThere = open.map((change) => kept.has(change));
    return {
      root,
      dropped: isThere.filter((is) => !is).length + fates.filter((fate) => fate === "none").length,
      isReordered: isThere.includes(false) && isThere.indexOf(false) < isThere.lastIndexOf(true),
      isTorn,
      fingerprint: `${isThere.map(Number).join("")} ${fates.join()}`,
    };
  }

  #replay({ call, began, ended }: Recorded, cut: number): void {
    switch (call.kind) {
      case "makeDirectory":
        return this.#add(call.path, new CutFolder(), ended);
      case "create": {
        const file = new CutFile();
        this.#files.set(call.file, file);
        return this.#add(call.path, file, ended);
      }
      case "write":
        return this.#files.get(call.file)?.write(call.bytes, ended);
      case "syncFile":
        return ended <= cut ? this.#files.get(call.file)?.sync(began) : undefined;
      case "syncDirectory":
        return ended <= cut ? this.#syncFolder(call.path, began) : undefined;
      case "rename":
        return this.#rename(call.from, call.to, ended);
      case "removeDirectory":
      case "removeTree":
        return this.#remove(this.#folderAt(dirname(call.path)), basename(call.path), ended);
    }
  }

  #folderAt(path: string): CutFolder | undefined {
    let node: CutNode | undefined = this.#root;
    for (const name of path.slice(this.place.length).split("/")) if (name !== "") node = (node as CutFolder | undefined)?.now.get(name);
    return node as CutFolder | undefined;
  }

  /** The folder around all that was recorded is none of ours. */
  #syncFolder(path: string, began: number): void {
    if (!`${path}/`.startsWith(`${this.place}/`)) return;
    for (const { change } of this.#folderAt(path)?.history ?? []) if (change.ended < began) makeSafe(change);
  }

  #add(path: string, node: CutNode, ended: number): void {
    const folder = this.#folderAt(dirname(path)) as CutFolder;
    this.#set(folder, basename(path), node, this.#change(ended, [folder.lastChangeOf(basename(path))]));
  }

  #rename(from: string, to: string, ended: number): void {
    const [source, target] = [this.#folderAt(dirname(from)), this.#folderAt(dirname(to))] as [CutFolder, CutFolder];
    const node = source.now.get(basename(from)) as CutNode;
    const change = this.#change(ended, [this.#lastOf.get(node), target.lastChangeOf(basename(to))]);
    this.#set(source, basename(from), null, change);
    this.#set(target, basename(to), node, change);
  }

  /** Removes an entry, with all below it one by one. There need not be one. */
  #remove(folder: CutFolder | undefined, name: string, ended: number): void {
    const node = folder?.now.get(name);
    if (folder === undefined || node === undefined) return;
    if (node.kind === "directory") for (const inner of [...node.now.keys()]) this.#remove(node, inner, ended);
    this.#set(folder, name, null, this.#change(ended, [this.#lastOf.get(node)]));
  }

  #change(ended: number, after: readonly (Change | undefined)[]): Change {
    const change: Change = { ended, after: after.filter((other) => other !== undefined), isSafe: false };
    this.#changes.push(change);
    return change;
  }

  #set(folder: CutFolder, name: string, node: CutNode | null, change: Change): void {
    if (node === null) folder.now.delete(name);
    else {
      folder.now.set(name, node);
      this.#lastOf.set(node, change);
    }
    folder.history.push({ name, node, change });
  }
}

/** With all that it cannot have happened without. */
function makeSafe(change: Change): void {
  if (change.isSafe) return;
  change.isSafe = true;
  change.after.forEach(makeSafe);
}

function keptOf(open: readonly Change[], which: Choice["changes"], random: () => number): Set<Change> {
  const one = below(random, Math.max(open.length, 1));
  const isWanted = (place: number): boolean => {
    if (which === "some") return random() < 0.5;
    return which === "all" || (which === "last" && place === open.length - 1) || (which === "all but one" && place !== one);
  };
  const kept = new Set(open.filter((_, place) => isWanted(place)));
  if (which === "last") for (const change of kept) for (const other of change.after) if (!other.isSafe) kept.add(other);
  for (const change of open) if (!change.after.every((other) => other.isSafe || kept.has(other))) kept.delete(change);
  return kept;
}

function leftFolder(past: CutFolder, kept: ReadonlySet<Change>, contentOf: (file: CutFile) => Uint8Array): DiskFolder {
  const entries = new Map<string, CutNode>();
  for (const { name, node, change } of past.history) {
    if (!change.isSafe && !kept.has(change)) continue;
    if (node === null) entries.delete(name);
    else entries.set(name, node);
  }
  const left = (node: CutNode): DiskNode =>
    node.kind === "file" ? { kind: "file", bytes: contentOf(node) } : leftFolder(node, kept, contentOf);
  return newFolder(Array.from(entries, ([name, node]) => [name, left(node)]));
}
