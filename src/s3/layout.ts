import type { Entry } from "./head.js";

/** The kinds of objects of a run that are written once. */
export type ObjectKind = "documents" | "index" | "journal" | "blobs";

/**
 * Where the objects of one run are: `heads/<run>` is all that is ever changed; `runs/<run>/<generation>/<kind>/<name>` is written
 * once; the empty object `ids/<checkpoint>/<run>/<stamp>` says in which run to look for a checkpoint.
 */
export class RunLayout {
  readonly head: string;
  /** Everything but the head lies below this. */
  readonly folder: string;

  constructor(
    private readonly root: string,
    private readonly runId: string,
  ) {
    this.head = `${root}heads/${runId}`;
    this.folder = `${runsFolder(root)}${runId}/`;
  }

  generation(generation: string): string {
    return `${this.folder}${generation}/`;
  }

  kind(generation: string, kind: ObjectKind): string {
    return `${this.generation(generation)}${kind}/`;
  }

  object(generation: string, kind: ObjectKind, name: string): string {
    return this.kind(generation, kind) + name;
  }

  documents(generation: string, entry: Omit<Entry, "seq">): string {
    return this.object(generation, "documents", documentsName(entry));
  }

  hint({ id, stamp }: Omit<Entry, "seq">): string {
    return `${hintsFolder(this.root, id)}${this.runId}/${stamp}`;
  }
}

export const runsFolder = (root: string): string => `${root}runs/`;
export const hintsFolder = (root: string, id: string): string => `${root}ids/${id}/`;

/** Tells stamp and id, so that the hint can be removed with the documents. */
const documentsName = ({ id, stamp }: Omit<Entry, "seq">): string => `${stamp}-${id}`;

/** What the name of a documents object tells, or `null`. */
export function parseDocumentsName(name: string): Omit<Entry, "seq"> | null {
  const match = /^(\d+-[0-9a-f]+-\d+)-(.+)$/.exec(name);
  return match && { stamp: match[1] as string, id: match[2] as string };
}
