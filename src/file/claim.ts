import { join } from "node:path";
import { type DurableFs, errorCode } from "./durable-fs.js";
import { claimName, isClaimName } from "./layout.js";
import { giveBack, isInUse, isTemporaryName, takeName } from "./temporary-names.js";

const ATTEMPTS = 100;

/**
 * The right to write one seq of a run, from before the first byte until it is published.
 *
 * It is the folder `tmp/claim-<seq>` with one folder in it, which bears its owner's name and is what will be published.
 * Renaming onto a folder that holds something fails, so one writer gets it. Whoever takes a claim over first moves that
 * inner folder away, so a writer that was only paused, not dead, finds nothing left to publish.
 */
export class Claim {
  /** Where the checkpoint is written. */
  readonly work: string;

  private constructor(
    private readonly calls: DurableFs,
    private readonly folder: string,
    private readonly name: string,
    /** The time by the clock of the file system. */
    readonly now: number,
  ) {
    this.work = join(folder, name);
  }

  /** The claim, or `null` if somebody else holds it. */
  static async take(calls: DurableFs, tmp: string, seq: number): Promise<Claim | null> {
    const name = takeName();
    const prepared = join(tmp, name);
    try {
      calls.makeDirectory(prepared);
      calls.makeDirectory(join(prepared, name));
      const claim = new Claim(calls, join(tmp, claimName(seq)), name, calls.inspect(prepared)?.modifiedMs ?? 0);
      if (await claim.moveIn(prepared, tmp)) return claim;
      await calls.removeTree(prepared);
      giveBack(name);
      return null;
    } catch (error) {
      await quietly(() => calls.removeTree(prepared));
      giveBack(name);
      throw error;
    }
  }

  /** Whether nobody has taken it over. */
  isHeld(): boolean {
    return this.calls.inspect(this.work) !== null;
  }

  /** Lets go after publishing; resolves to whether nothing is left of it. */
  async release(): Promise<boolean> {
    const removed = await quietly(() => this.calls.removeDirectory(this.folder));
    giveBack(this.name);
    return removed;
  }

  /** Lets go without having published, and removes what was written. */
  async abandon(): Promise<void> {
    await quietly(() => this.calls.removeTree(this.work));
    await this.release();
  }

  private async moveIn(prepared: string, tmp: string): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        this.calls.rename(prepared, this.folder);
        return true;
      } catch (error) {
        if (!isNotEmpty(error)) throw error;
      }
      if (!(await evict(this.calls, tmp, this.folder, this.now))) return false;
    }
    return false;
  }
}

/** Removes what dead writers have left in the `tmp` folder of a run. */
export async function sweep(calls: DurableFs, tmp: string, now: number): Promise<void> {
  for (const { name } of (await calls.list(tmp)) ?? []) {
    const path = join(tmp, name);
    if (isTemporaryName(name)) {
      if (!inUseAt(calls, path, name, now)) await calls.removeTree(path);
    } else if (isClaimName(name) && (await evict(calls, tmp, path, now))) {
      await quietly(() => calls.removeDirectory(path));
    }
  }
}

/** Empties a claim whose owner is dead; resolves to whether nothing is left in it. */
async function evict(calls: DurableFs, tmp: string, folder: string, now: number): Promise<boolean> {
  for (const { name } of (await calls.list(folder)) ?? []) {
    const path = join(folder, name);
    if (!isTemporaryName(name) || inUseAt(calls, path, name, now)) return false;
    await moveAwayAndRemove(calls, path, tmp);
  }
  return true;
}

/** Moves before it removes: a folder in removal must not be published by an owner who wakes up. */
async function moveAwayAndRemove(calls: DurableFs, path: string, tmp: string): Promise<void> {
  const name = takeName();
  try {
    calls.rename(path, join(tmp, name));
    await calls.removeTree(join(tmp, name));
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  } finally {
    giveBack(name);
  }
}

function inUseAt(calls: DurableFs, path: string, name: string, now: number): boolean {
  return isInUse(name, now - (calls.inspect(path)?.modifiedMs ?? now));
}

function isNotEmpty(error: unknown): boolean {
  return ["ENOTEMPTY", "EEXIST"].includes(errorCode(error) ?? "");
}

/** For cleaning up: resolves to whether it worked, and what cannot be removed now is swept by the next writer. */
export async function quietly(action: () => void | Promise<void>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch {
    return false;
  }
}
