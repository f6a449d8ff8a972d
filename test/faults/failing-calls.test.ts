import { CairnError, type CheckpointStore, type RunListeners } from "cairnflow";
import { describe, expect, it } from "vitest";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { systemError, watchedFs } from "../file/support.js";
import { committed, INPUT, OUTPUT } from "./commit-workflow.js";
import { wrongEnd } from "./cut-trials.js";
import { brokenPromises } from "./disk-checks.js";
import { MemoryDisk, newFolder } from "./memory-disk.js";
import { noted, Promises } from "./promises.js";
import { RUN_ID, STORE, STORIES, type Story } from "./recorded-runs.js";
import { Recording } from "./recording-fs.js";

interface Plan {
  readonly code: string;
  readonly sticky: boolean;
  readonly mode: "checkpoint" | "step";
  readonly onFailure: "fail" | "warn";
}

const PLACE = `/${STORE}`;
const storyOf = (mode: Plan["mode"]): Story => STORIES.find(({ durability }) => durability === mode) as Story;

/** Runs the workflow with a fault at one of the calls of its store; 0 for none. */
async function runWithFault({ code, sticky, mode, onFailure }: Plan, at: number) {
  const root = newFolder();
  const seen = { calls: 0, fired: 0, call: "" };
  const fs = watchedFs((call) => {
    seen.calls++;
    if (at === 0 || seen.calls < at || (!sticky && seen.calls > at)) return null;
    if (seen.fired++ === 0) seen.call = call;
    return systemError(code, call);
  }, new MemoryDisk(root));
  const recording = new Recording();
  const store = noted(new FileCheckpointStore(PLACE, { fs }), recording);
  const failures: string[] = [];
  const events: RunListeners = { checkpointFailed: ({ error }) => void failures.push(String(error.code)) };
  const every = mode === "checkpoint" ? ({ every: "task" } as const) : {};
  const options = { runId: RUN_ID, checkpoints: { store, onFailure, ...every }, durability: mode, events };
  const ended = await committed.run(INPUT, options).catch((error: unknown) => error);
  return { root, recording, ended, failures, ...seen };
}

type Ran = Awaited<ReturnType<typeof runWithFault>>;

const healthy = (root: Ran["root"]): CheckpointStore => new FileCheckpointStore(PLACE, { fs: new MemoryDisk(structuredClone(root)) });

/** What is not as promised after a run with a fault; nothing is fine. */
async function wrongAfter({ root, recording, ended, failures }: Ran, { code, mode, onFailure }: Plan): Promise<string[]> {
  const wrong: string[] = [];
  if (ended instanceof Error) {
    if (!(ended instanceof CairnError)) wrong.push(`the run ends with ${ended.stack}`);
    else if (!messageChain(ended).includes(code)) wrong.push(`the error does not name ${code}: ${ended.message}`);
    if (onFailure === "warn" && mode === "checkpoint" && failures.length > 0)
      wrong.push(`a warning was asked for, the run ends with ${ended}`);
  } else if ((ended as { output: unknown }).output !== OUTPUT) wrong.push(`the run ends with ${JSON.stringify(ended)}`);
  if (failures.includes("SEQUENCE_TAKEN")) wrong.push("a seq was used for a second checkpoint");
  wrong.push(...(await brokenPromises(healthy(root), RUN_ID, new Promises(recording, Number.POSITIVE_INFINITY))));
  wrong.push(...(await wrongEnd(healthy(root), storyOf(mode))));
  return wrong;
}

const messageChain = (error: Error): string => `${error.message} ${error.cause instanceof Error ? messageChain(error.cause) : ""}`;

const PLANS = ["ENOSPC", "EIO", "EMFILE"].flatMap((code) =>
  (["checkpoint", "step"] as const).flatMap((mode) =>
    [false, true].flatMap((sticky) => (["fail", "warn"] as const).map((onFailure): Plan => ({ code, sticky, mode, onFailure }))),
  ),
);

describe("a run whose store fails at every file-system call in turn", { timeout: 120_000 }, () => {
  it.each(PLANS)("$code, durability $mode, sticky $sticky, onFailure $onFailure: loses nothing, and can be resumed", async (plan) => {
    const { calls, ended } = await runWithFault(plan, 0);
    expect(ended).toMatchObject({ status: "completed", output: OUTPUT });
    expect(calls).toBeGreaterThan(100);
    const tally = { fired: 0, failed: 0, wentOn: 0 };
    const wrong: string[] = [];
    for (let at = 1; at <= calls; at++) {
      const ran = await runWithFault(plan, at);
      tally.fired += ran.fired;
      if (ran.fired === 0) wrong.push(`call ${at}: no fault`);
      tally[ran.ended instanceof Error ? "failed" : "wentOn"]++;
      wrong.push(...(await wrongAfter(ran, plan)).map((line) => `call ${at} (${ran.call}): ${line}`));
    }
    const { code, mode, sticky, onFailure } = plan;
    console.log(
      `${code} ${sticky ? "sticky" : "once"}, durability ${mode}, onFailure ${onFailure}: calls ${calls}, faults fired ${tally.fired}, runs failed ${tally.failed}, went on ${tally.wentOn}, wrong ${wrong.length}`,
    );
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(Math.min(tally.fired, tally.failed, tally.wentOn)).toBeGreaterThan(0);
  });
});
