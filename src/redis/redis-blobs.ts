import { randomUUID } from "node:crypto";
import { isDigest } from "../core/store-checks.js";
import { BLOBS, HIDE, READ_BLOB, REMOVE, SHOW } from "./blob-scripts.js";
import { bytesOf, namesOf } from "./replies.js";
import type { RunScripts } from "./run-scripts.js";

/** The blobs of all runs. */
export class RedisBlobs {
  constructor(private readonly scripts: RunScripts) {}

  async read(runId: string, digest: string): Promise<Uint8Array | null> {
    const errand = { what: `reading blob ${digest} of run ${runId}`, effect: "read" } as const;
    const { reply } = await this.scripts.run(runId, errand, READ_BLOB, [digest]);
    return bytesOf(reply)[0] ?? null;
  }

  async digests(runId: string): Promise<readonly string[]> {
    const { reply } = await this.scripts.run(runId, { what: `listing the blobs of run ${runId}`, effect: "read" }, BLOBS);
    return namesOf(reply).filter(isDigest).sort();
  }

  /** Hides it, asks, and removes it if nobody has stored it again meanwhile. */
  async delete(runId: string, digest: string, isUnused: () => Promise<boolean>): Promise<boolean> {
    const errand = { what: `deleting blob ${digest} of run ${runId}`, effect: "change" } as const;
    const mark = [digest, randomUUID()];
    const [isHidden] = await this.scripts.runOnce(runId, errand, HIDE, mark);
    if (isHidden !== "yes") return false;
    let isGone = false;
    try {
      isGone = (await isUnused()) && (await this.scripts.runOnce(runId, errand, REMOVE, mark))[0] === "yes";
    } finally {
      if (!isGone) await this.scripts.run(runId, errand, SHOW, mark);
    }
    return isGone;
  }
}
