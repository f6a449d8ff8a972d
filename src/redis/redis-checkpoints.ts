import type { CheckpointFile, CheckpointKey } from "../core/checkpoint.js";
import { isId, quoted } from "../core/ids.js";
import { COUNT, DELETE, DELETE_RUN, LIST, PIN, PINS, READ } from "./checkpoint-scripts.js";
import { countOf, damaged } from "./damaged.js";
import { LISTED_RUNS, UNLIST_RUN } from "./index-scripts.js";
import { bytesOf, namesOf } from "./replies.js";
import type { RunScripts } from "./run-scripts.js";

/** How many runs are asked at once. */
const LANES = 64;

/** The checkpoints of all runs. */
export class RedisCheckpoints {
  constructor(private readonly scripts: RunScripts) {}

  async list(runId: string): Promise<readonly CheckpointKey[]> {
    const { reply } = await this.scripts.run(runId, { what: `listing the checkpoints of run ${runId}`, effect: "read" }, LIST);
    const words = namesOf(reply);
    const keys = words.flatMap((seq, place) => (place % 2 === 0 ? [this.#key(runId, seq, words[place + 1])] : []));
    return keys.sort((a, b) => a.seq - b.seq);
  }

  async find(id: string): Promise<CheckpointKey | null> {
    const lists = await this.#ofEach(await this.#listed(), (runId) => this.list(runId));
    return lists.flat().find((key) => key.id === id) ?? null;
  }

  async read({ runId, seq, id }: CheckpointKey): Promise<Readonly<Record<CheckpointFile, Uint8Array | null>> | null> {
    const errand = { what: `reading checkpoint ${id} of run ${runId}`, effect: "read", checkpointId: id } as const;
    const { reply } = await this.scripts.run(runId, errand, READ, [String(seq), id]);
    const [context, state, meta] = bytesOf(reply);
    return context === undefined ? null : { context, state: state ?? null, meta: meta ?? null };
  }

  async delete({ runId, seq, id }: CheckpointKey): Promise<boolean> {
    const errand = { what: `deleting checkpoint ${id} of run ${runId}`, effect: "change", checkpointId: id } as const;
    const [answer] = await this.scripts.runOnce(runId, errand, DELETE, [String(seq), id]);
    return answer === "yes";
  }

  async pin({ runId, seq, id }: CheckpointKey, pinned: boolean): Promise<boolean> {
    const errand = { what: `pinning checkpoint ${id} of run ${runId}`, effect: "change", checkpointId: id } as const;
    const [answer] = await this.scripts.runOnce(runId, errand, PIN, [String(seq), id, pinned ? "yes" : "no"]);
    return answer === "yes";
  }

  async pins(runId: string): Promise<readonly string[]> {
    const { reply } = await this.scripts.run(runId, { what: `listing the pins of run ${runId}`, effect: "read" }, PINS);
    return namesOf(reply).filter(isId).sort();
  }

  async runs(): Promise<readonly string[]> {
    const runIds = await this.#listed();
    const counts = await this.#ofEach(runIds, async (runId) => {
      return (await this.scripts.run(runId, { what: `counting the checkpoints of run ${runId}`, effect: "read" }, COUNT)).reply;
    });
    return runIds.filter((_, place) => counts[place] !== 0).sort();
  }

  async deleteRun(runId: string): Promise<boolean> {
    const [existed, epoch = "0"] = await this.scripts.runOnce(runId, { what: `deleting run ${runId}`, effect: "change" }, DELETE_RUN, []);
    // The run is gone; that its name may stay in the index shows nowhere.
    await this.scripts.runOnIndex({ what: `unlisting run ${runId}`, effect: "change" }, UNLIST_RUN, [runId, epoch]).catch(() => {});
    return existed === "yes";
  }

  async #listed(): Promise<readonly string[]> {
    return namesOf(await this.scripts.runOnIndex({ what: "listing the runs", effect: "read" }, LISTED_RUNS)).filter(isId);
  }

  #key(runId: string, seq: string, id: string | undefined): CheckpointKey {
    const { location } = this.scripts;
    if (isId(id)) return { runId, seq: countOf(seq, "seq", runId, location), id };
    throw damaged(runId, location, `checkpoint ${quoted(id)}`, "an id");
  }

  async #ofEach<T>(runIds: readonly string[], ask: (runId: string) => Promise<T>): Promise<readonly T[]> {
    const found: T[] = [];
    for (let start = 0; start < runIds.length; start += LANES) {
      found.push(...(await Promise.all(runIds.slice(start, start + LANES).map(ask))));
    }
    return found;
  }
}
