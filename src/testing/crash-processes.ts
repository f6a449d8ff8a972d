import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CrashPlace, folderGround } from "./crash-ground.js";
import type { LifeRecord } from "./crash-life.js";
import type { CrashMoment, CrashPoint } from "./crash-moment.js";
import type { CrashModule, CrashPlan, CrashSettings } from "./crash-options.js";
import type { CrashStage, Lived } from "./crash-stage.js";

/** What a process is to do. */
export interface CrashOrder {
  readonly module: string;
  readonly export: string;
  readonly place: CrashPlace;
  readonly point: CrashPoint | null;
  /** Where it leaves a note right before it is killed. */
  readonly note: string;
  readonly options: CrashSettings & { readonly input: unknown };
}

/** What a process notes right before it is killed. */
export interface CrashNote {
  readonly record: LifeRecord;
  readonly moment: CrashMoment;
}

/** How much longer than a life may take a process may be silent. */
const GRACE_MS = 20_000;
const NOTHING: LifeRecord = { bodies: [], commits: [], confirmed: 0, isParallel: false, moments: [] };

/** Lives in processes of their own. */
export async function processStage(target: CrashModule, plan: CrashPlan, name: string): Promise<CrashStage> {
  const root = plan.store as string;
  const note = join(root, `${name}.json`);
  const { input, durability, seed, checkpoints, patienceMs, budget } = plan;
  const options = { input, durability, seed, checkpoints, patience: patienceMs, budget: Object.fromEntries(budget), store: root };
  const live: CrashStage["live"] = async (place, point) => {
    const order: CrashOrder = { module: String(target.module), export: target.export, place, point, note, options };
    const lived = await inProcess(target, order, patienceMs + GRACE_MS);
    await rm(note, { force: true });
    return lived;
  };
  return { ground: folderGround(root, { name, isResumed: false }), live };
}

async function inProcess({ execArgv = [], env = {} }: CrashModule, order: CrashOrder, limitMs: number): Promise<Lived> {
  const child = fork(fileURLToPath(new URL("./crash-process.js", import.meta.url)), [], {
    execArgv: [...execArgv],
    env: { ...process.env, ...env },
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  child.send(order);
  const tooLong = setTimeout(() => child.kill("SIGKILL"), limitMs);
  const { told, signal, errors } = await endOf(child);
  clearTimeout(tooLong);
  if (told !== null) return told;
  if (signal !== "SIGKILL") {
    return {
      record: NOTHING,
      ending: { kind: "failed", problem: `its process ended by itself (${errors.trim().split("\n").at(-1) ?? ""})` },
    };
  }
  if (!existsSync(order.note)) return { record: NOTHING, ending: { kind: "stuck" } };
  const { record, moment } = JSON.parse(await readFile(order.note, "utf8")) as CrashNote;
  return { record, ending: { kind: "killed", moment } };
}

interface ChildEnd {
  readonly told: Lived | null;
  readonly signal: NodeJS.Signals | null;
  readonly errors: string;
}

function endOf(child: ChildProcess): Promise<ChildEnd> {
  let told: Lived | null = null;
  let errors = "";
  child.stderr?.on("data", (text) => (errors += String(text)));
  child.on("message", (message) => (told = message as Lived));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (_code, signal) => resolve({ told, signal, errors }));
  });
}
