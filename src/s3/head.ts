/** Where a checkpoint's documents are: `stamp` is the name of the object that holds them. */
export interface Entry {
  readonly seq: number;
  readonly id: string;
  readonly stamp: string;
}

/** An object with entries that the head has no room for. */
export interface Page {
  readonly stamp: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** The seqs of those that were deleted since. */
  readonly gone: readonly number[];
}

/** Who has the run. */
export interface HeadOwner {
  readonly token: string;
  readonly description: string;
  /** By the server's clock, in milliseconds since 1970. */
  readonly leaseUntil: number;
}

/**
 * The object of a blob that is about to be deleted, at any time from now on: it is not found any more, and who needs the blob
 * stores it under another name.
 */
interface HiddenBlob {
  readonly name: string;
  /** Of the deletion. */
  readonly token: string;
  /** By the server's clock. */
  readonly since: number;
}

/** A blob whose object has another name than its digest. */
export interface MovedBlob {
  readonly digest: string;
  readonly name: string;
}

/** The steps since a checkpoint: those in objects, and then those that stand in the head itself, in base64. */
export interface HeadJournal {
  readonly seq: number;
  readonly stamp: string;
  readonly segments: readonly string[];
  readonly tail: readonly string[];
}

/**
 * The one object of a run that is ever changed, each time as a whole and only if it is as it was read. All that the run has is
 * told by it or by objects that it names, which are written once under a name of their own. What it does not name is not there.
 */
export interface Head {
  /** How often it was changed; 0: there is none. */
  readonly revision: number;
  /** The last changes by their ids, this one at the end: so that one whose answer was lost can be found. */
  readonly writes: readonly string[];
  readonly epoch: number;
  readonly owner: HeadOwner | null;
  /** The folder of all other objects, a new one after the run was deleted; `null` if there is none yet. */
  readonly generation: string | null;
  /** Folders of deletions that have not come to their end. */
  readonly leftovers: readonly string[];
  /** By seq. */
  readonly recent: readonly Entry[];
  readonly pages: readonly Page[];
  /** Ids, sorted. */
  readonly pins: readonly string[];
  /** How often a blob was hidden. */
  readonly hides: number;
  readonly hidden: readonly HiddenBlob[];
  readonly moved: readonly MovedBlob[];
  readonly journal: HeadJournal | null;
  readonly resumes: { readonly position: string; readonly count: number } | null;
}

/** What is known of a run that has no head. */
export const NO_HEAD: Head = {
  revision: 0,
  writes: [],
  epoch: 0,
  owner: null,
  generation: null,
  leftovers: [],
  recent: [],
  pages: [],
  pins: [],
  hides: 0,
  hidden: [],
  moved: [],
  journal: null,
  resumes: null,
};

/** How many changes are remembered. */
const WRITES = 16;
/** After this time a deletion of a blob counts as given up, and the blob as being there. */
const HIDDEN_MS = 60_000;

/** The head that follows another, written under this id. */
export const nextHead = (head: Head, write: string): Head => ({
  ...head,
  revision: head.revision + 1,
  writes: [...head.writes, write].slice(-WRITES),
});

/** Whether a head goes back to another one that was made by `nextHead`; `unknown` if that is too long ago. */
export function contains(found: Head, made: Head): boolean | "unknown" {
  const age = found.revision - made.revision;
  if (age < 0) return false;
  return age < found.writes.length ? found.writes.at(-1 - age) === made.writes.at(-1) : "unknown";
}

export const hasCheckpoints = ({ recent, pages }: Head): boolean => recent.length + pages.length > 0;

/** The name of the object of a blob, whether it is there or not. */
export const blobName = ({ moved }: Head, digest: string): string => moved.find((blob) => blob.digest === digest)?.name ?? digest;

/** Whether an object of a blob must not be relied on. */
export const isDoomed = ({ hidden }: Head, name: string): boolean => hidden.some((blob) => blob.name === name);

/** Whether readers must not find an object of a blob. */
export const isHidden = ({ hidden }: Head, name: string, now: number): boolean =>
  hidden.some((blob) => blob.name === name && now < blob.since + HIDDEN_MS);
