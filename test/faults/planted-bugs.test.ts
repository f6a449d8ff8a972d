import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemFs } from "../../src/file/durable-fs.js";
import { systemError } from "../file/support.js";
import { cutPower } from "./cut-trials.js";
import { DamagedRun, flipsAccepted } from "./damage.js";
import * as bugs from "./planted-bugs.js";
import { honestStore, recorded, STORIES, type StoreMaker, type Story } from "./recorded-runs.js";
import { seeded } from "./seeded.js";
import { staleCommits } from "./stale-commits.js";

const FLIPS = 100;
const CUTS = { everyMoment: 1, everyDisk: 25 };

let early: DamagedRun;
beforeAll(async () => {
  early = await new DamagedRun().prepare(5);
});
afterAll(() => early.remove());

/** Resolves to how often a store was tried, and how it broke its promises. */
type Check = (makeStore: StoreMaker) => Promise<{ readonly tried: number; readonly violations: readonly string[] }>;

const storyOf = (name: string): Story => STORIES.find((story) => story.name === name) as Story;

/** What is written by a store is read by an honest one, or the other way round. */
const powerCut =
  (name: string, whose: "writes" | "reads" = "writes"): Check =>
  async (makeStore) => {
    const told = await recorded(storyOf(name), whose === "writes" ? makeStore : honestStore);
    const options = { random: seeded(1), ...CUTS, makeStore: whose === "reads" ? makeStore : honestStore };
    const { disks, violations } = await cutPower(told, options);
    return { tried: disks, violations };
  };

/** One sync of a file fails, and what was to be synced is not safe. */
const failingSync: Check = async (makeStore) => {
  let tried = 0;
  const found: string[] = [];
  for (let failing = 1; failing <= 3; failing++) {
    let syncs = 0;
    const syncFile = async (file: number): Promise<void> => {
      if (++syncs === failing) throw systemError("EIO", "syncFile");
      await systemFs.syncFile(file);
    };
    const told = await recorded(storyOf("checkpoints"), makeStore, { ...systemFs, syncFile });
    const { disks, violations } = await cutPower(told, { random: seeded(1), ...CUTS });
    expect(syncs).toBeGreaterThanOrEqual(failing);
    tried += disks;
    found.push(...violations);
  }
  return { tried, violations: found };
};

const flippedBytes: Check = async (makeStore) => {
  const accepted = await flipsAccepted(early, makeStore(early.root, systemFs), FLIPS, seeded(6));
  return { tried: FLIPS, violations: Array.from({ length: accepted }, () => "a flipped byte was not found") };
};

const takeOver: Check = async (makeStore) => {
  const { takeOvers, violations } = await staleCommits(makeStore);
  return { tried: takeOvers, violations };
};

const CHECKS = {
  "power cut, checkpoints": powerCut("checkpoints"),
  "power cut, steps": powerCut("steps"),
  "power cut, steps read": powerCut("steps", "reads"),
  "power cut, pruning": powerCut("pruning"),
  "failing sync": failingSync,
  "flipped bytes": flippedBytes,
  "take-over": takeOver,
} satisfies Record<string, Check>;

const [LOST, TORN] = [/ is lost$/, / is not as it was written/];
const BUGS: readonly (readonly [what: string, StoreMaker, keyof typeof CHECKS, seenAs: RegExp])[] = [
  ["files are not synced before the rename", bugs.noFileSync, "power cut, checkpoints", TORN],
  ["the folder is not synced after the rename", bugs.noSyncAfterRename, "power cut, checkpoints", LOST],
  ["the folder of the blobs is not synced", bugs.noBlobFolderSync, "power cut, checkpoints", /blob .* is not as it was written/],
  ["the folder of a new checkpoint is not synced", bugs.noSyncOfNewFolder, "power cut, checkpoints", TORN],
  ["the rename comes before the write is complete", bugs.renamedBeforeWritten, "power cut, checkpoints", /is not as it was written: state/],
  ["nothing is written aside", bugs.writtenInPlace, "power cut, checkpoints", TORN],
  ["a failed sync is passed over", bugs.deafToFailedSyncs, "failing sync", TORN],
  ["a step is confirmed before its sync", bugs.confirmedBeforeSync, "power cut, steps", /journal \d+ has \d+ steps of \d+/],
  ["the name of a journal is not synced", bugs.noJournalFolderSync, "power cut, steps", /journal \d+ has \d+ steps of \d+/],
  ["the torn end of a journal is not cut off", bugs.tornStepsRead, "power cut, steps read", /step \d+ of journal \d+ is another/],
  ["a checkpoint is removed where readers find it", bugs.removedInPlace, "power cut, pruning", TORN],
  ["digests are not checked", bugs.digestsNotChecked, "flipped bytes", /not found/],
  ["the epoch is not checked at a commit", bugs.epochNotChecked, "take-over", /found true/],
  ["the epoch is checked before a commit, not in it", bugs.epochCheckedTooEarly, "take-over", /found true/],
];

describe("the checks of the file store", { timeout: 120_000 }, () => {
  it.each(Object.entries(CHECKS))("find nothing wrong with the honest store: %s", async (name, check) => {
    const { tried, violations } = await check(honestStore);
    console.log(`honest store, ${name}: tried ${tried}, broken ${violations.length}`);
    expect(tried).toBeGreaterThan(5);
    expect(violations).toEqual([]);
  });

  it.each(BUGS)("find a store in which %s", async (what, makeStore, name, seenAs) => {
    const { tried, violations } = await CHECKS[name](makeStore);
    const caught = violations.filter((violation) => seenAs.test(violation)).length;
    console.log(`planted bug: ${what}: caught ${caught} times in ${tried} (${name})`);
    expect(caught).toBeGreaterThan(0);
  });
});
