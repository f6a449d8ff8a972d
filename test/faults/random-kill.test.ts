import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CheckpointView } from "cairnflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Child, ChildProgram, inLanes } from "./children.js";
import { KillLedger, type KillMode } from "./kill-ledger.js";
import { EXPECTED } from "./kill-workflow.js";
import { below, fromEnvironment, seeded } from "./seeded.js";

const KILLS = fromEnvironment("CAIRNFLOW_KILLS", 120);
const SEED = fromEnvironment("CAIRNFLOW_SEED", 20_260_101);
const LANES = 2;

let program: ChildProgram;
let folder = "";
const tally = { kills: 0, runs: 0, mode: "checkpoint" as KillMode };

beforeAll(async () => {
  program = new ChildProgram(new URL("./killed-run.ts", import.meta.url));
  folder = await mkdtemp(join(tmpdir(), "cairnflow-kills-"));
});
afterAll(async () => {
  program.remove();
  await rm(folder, { recursive: true, force: true });
});

function newRun(): KillLedger {
  const place = join(folder, `run-${++tally.runs}`);
  mkdirSync(place);
  return new KillLedger(place, tally.mode);
}

/** Kills a process some time after it is ready; resolves to whether that hit a process that was running. */
async function killAfter(child: Child, delayMs: number): Promise<boolean> {
  await child.firstOutput;
  await Promise.race([child.ended, new Promise((resolve) => setTimeout(resolve, delayMs))]);
  if (!child.isOver) child.kill();
  const { signal, code, errors } = await child.ended;
  if (signal === "SIGKILL") return true;
  expect(code, errors).toBe(0);
  return false;
}

/** What a run has come to, without what depends on the time and on the order of parallel tasks. */
function endOf(view: CheckpointView | null, ledger: KillLedger) {
  const { channel, results, completedTasks, tasks, steps, metrics } = view as CheckpointView;
  const { effects, draws, ...rest } = Object.fromEntries(channel) as { effects: string[]; draws: Record<string, number> };
  return {
    ending: ledger.ending(),
    effects: effects.toSorted(),
    draws: Object.entries(draws).toSorted(),
    rest: Object.entries(rest).toSorted(),
    results: [...results].toSorted(),
    completed: [...completedTasks].toSorted(),
    metrics: [...metrics],
    tasks,
    steps,
  };
}

async function uninterrupted() {
  const ledger = newRun();
  const child = program.start(ledger.args);
  await child.firstOutput;
  const began = performance.now();
  const { code, errors } = await child.ended;
  const lengthMs = performance.now() - began;
  expect(code, errors).toBe(0);
  return { end: endOf(await ledger.check(), ledger), lengthMs };
}

type Uninterrupted = Awaited<ReturnType<typeof uninterrupted>>;

/** Most kills fall anywhere in a run's length, the others soon after a start. */
async function killUntilItEnds(random: () => number, { lengthMs, end }: Uninterrupted, kills: number): Promise<KillLedger> {
  const ledger = newRun();
  for (let ended = false; !ended; ) {
    const delayMs = tally.kills < kills ? below(random, random() < 0.75 ? lengthMs : lengthMs / 5) : 60_000;
    const wasKilled = await killAfter(program.start(ledger.args), delayMs);
    if (wasKilled) tally.kills++;
    const view = await ledger.check();
    if (!wasKilled) expect(endOf(view, ledger)).toEqual(end);
    ended = !wasKilled;
  }
  return ledger;
}

const STEP_KILLS = Math.floor(KILLS / 3);
const MODES: readonly (readonly [KillMode, number])[] = [
  ["checkpoint", KILLS - STEP_KILLS],
  ["step", STEP_KILLS],
];

describe.each(MODES)("a run with durability %s whose process is killed with SIGKILL at random moments", (mode, kills) => {
  it("ends as if it had never been killed: nothing lost, nothing twice", { timeout: 120_000 + kills * 2_000 }, async () => {
    Object.assign(tally, { kills: 0, mode });
    const reference = await uninterrupted();
    const counters = Object.entries(EXPECTED).map(([name, times]) => [`count.${name}`, times] as const);
    expect(reference.end.rest).toEqual([...counters, ["epoch", 7] as const].toSorted());
    const ledgers: KillLedger[] = [];
    const lanes = Array.from({ length: LANES }, (_, lane) => seeded(SEED + lane));
    await inLanes(lanes, LANES, async (random) => {
      while (tally.kills < kills) ledgers.push(await killUntilItEnds(random, reference, kills));
    });
    const [lost, doubled] = [ledgers.flatMap((ledger) => ledger.lost), ledgers.flatMap((ledger) => ledger.doubled)];
    const resumes = ledgers.reduce((sum, ledger) => sum + ledger.resumes, 0);
    console.log(
      `random kill -9, durability ${mode}: kills fired ${tally.kills}, resumed from a checkpoint ${resumes} times, runs ${ledgers.length}, lost ${lost.length}, doubled ${doubled.length}, seed ${SEED}`,
    );
    expect(tally.kills).toBeGreaterThanOrEqual(kills);
    expect([...lost, ...doubled]).toEqual([]);
  });
});
