import { join } from "node:path";
import { CairnError, type StaleOwnerError } from "../core/errors.js";
import { staleOwner } from "../core/store-checks.js";
import { type DurableFs, errorCode } from "./durable-fs.js";
import type { RunPaths } from "./layout.js";
import { describeOwner, ownerEntry, ownerPath } from "./owner-folder.js";
import { quietly } from "./quietly.js";
import { giveBack } from "./temporary-names.js";

/** What one owner leaves to the next in its folder; everything else in it was not finished. */
export const RESUMES = "resumes";
const RENEWAL = "renewal";

/**
 * The right to write a run, as long as a folder with our name is in its `owner` folder.
 *
 * What is committed is written in there and moved out with one rename. Whoever takes the run over renames the folder first, so
 * an owner that was only paused, not dead, finds nothing left to move.
 */
export class Ownership {
  readonly folder: string;
  private readonly leftovers = new Set<string>();
  private count = 0;

  constructor(
    private readonly calls: DurableFs,
    private readonly paths: RunPaths,
    readonly runId: string,
    readonly epoch: number,
    private readonly holder: string,
  ) {
    this.folder = ownerPath(paths.owner, epoch, holder);
  }

  /** A place to write what is to be committed. The epoch tells it from what owners before have left. */
  newPath(): string {
    return join(this.folder, `${this.epoch}-${++this.count}`);
  }

  isHeld(): boolean {
    return this.calls.inspect(this.folder) !== null;
  }

  /** Shows those who cannot see this process that it is alive: a folder that something is put into is changed. */
  renew(): void {
    const path = join(this.folder, RENEWAL);
    try {
      this.calls.makeDirectory(path);
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
    this.calls.removeDirectory(path);
  }

  /** Lets go of the run, if we have it. */
  release(): void {
    try {
      this.calls.rename(this.folder, ownerPath(this.paths.owner, this.epoch, null));
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
    } finally {
      giveBack(this.holder);
    }
  }

  /** Removes what was not committed: now, or with the next commit. */
  async discard(path: string): Promise<void> {
    this.leftovers.add(path);
    if (await quietly(() => this.calls.removeTree(path))) this.leftovers.delete(path);
  }

  /** Removes what could not be removed before. */
  async tidy(): Promise<void> {
    for (const path of this.leftovers) await this.discard(path);
  }

  /**
   * Removes what owners before have not finished. First it gets another name: a rename by which one of them was committing, and
   * that had begun before we took its folder, must not find it any more, nor publish a part of it.
   */
  async sweep(): Promise<void> {
    for (const { name } of (await this.calls.list(this.folder)) ?? []) {
      if (name === RESUMES) continue;
      const aside = this.newPath();
      this.calls.rename(join(this.folder, name), aside);
      await this.discard(aside);
    }
  }

  /** Why a commit failed: the run was lost, or else what `otherwise` makes of the error. */
  async explain(error: unknown, otherwise: (error: unknown) => CairnError): Promise<CairnError> {
    if (error instanceof CairnError) return error;
    return errorCode(error) === "ENOENT" && this.isLost() ? this.stale() : otherwise(error);
  }

  /** Says who or what stands in our place. */
  async stale(): Promise<StaleOwnerError> {
    giveBack(this.holder);
    const entry = await ownerEntry(this.calls, this.paths).catch(() => null);
    const isFree = entry === null || entry.holder === null;
    const found = isFree ? "that it has let go of the run, or the run deleted" : `${describeOwner(entry)} in epoch ${entry.epoch}`;
    return staleOwner(this.runId, this.epoch, found);
  }

  /** Whether we know that we do not have the run. */
  private isLost(): boolean {
    try {
      return !this.isHeld();
    } catch {
      return false;
    }
  }
}
