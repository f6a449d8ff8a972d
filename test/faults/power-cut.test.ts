import { describe, expect, it } from "vitest";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { checkpointStoreContract } from "../../src/testing/checkpoint-store-contract.js";
import { cutPower, type Trials } from "./cut-trials.js";
import { MemoryDisk } from "./memory-disk.js";
import { Promises } from "./promises.js";
import { recorded, STORIES } from "./recorded-runs.js";
import { fromEnvironment, seeded } from "./seeded.js";

const SEED = fromEnvironment("CAIRNFLOW_SEED", 1);

function report(name: string, { cuts, disks, dropping, reordered, torn, resumed, violations }: Trials): void {
  console.log(
    `power cut, ${name}: cuts ${cuts}, disks ${disks}, of which dropped something ${dropping}, reordered ${reordered}, torn ${torn}, resumed ${resumed}, broken promises ${violations.length}, seed ${SEED}`,
  );
}

describe("a disk held in memory", () => {
  it.each(checkpointStoreContract)("behaves as a real one: $name", async ({ check }) => {
    await check(async () => {
      const store = new FileCheckpointStore("/checkpoints", { fs: new MemoryDisk() });
      await store.open();
      return store;
    });
  });
});

describe("a run whose power is cut at every call", { timeout: 120_000 }, () => {
  it.each(STORIES)("with $name keeps all that was confirmed, mixes nothing, and ends right", async (story) => {
    const told = await recorded(story);
    const { records, kept, journals } = new Promises(told.recording, told.recording.moments);
    const steps = journals.reduce((sum, { confirmed }) => sum + confirmed, 0);
    console.log(`${story.name}: checkpoints ${records.size}, of which deleted ${records.size - kept.size}, steps in journals ${steps}`);
    expect(story.durability === "step" ? steps : kept.size).toBeGreaterThan(1);
    expect(records.size > kept.size).toBe(story.name === "pruning");
    const trials = await cutPower(told, { random: seeded(SEED), everyMoment: 1, everyDisk: 10 });
    report(story.name, trials);
    expect(trials.violations.slice(0, 20)).toEqual([]);
    expect(Math.min(trials.dropping, trials.reordered)).toBeGreaterThan(trials.cuts);
    expect(trials.torn).toBeGreaterThan(50);
    expect(trials.resumed).toBeGreaterThan(50);
  });
});
