import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { type CairnError, StaleOwnerError, StoreRolledBackError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { RunOwner } from "../core/run-writer.js";
import { runOwned, staleOwner } from "../core/store-checks.js";
import { countOf, damaged } from "./damaged.js";
import { ACQUIRE, OWNER } from "./owner-scripts.js";
import type { Answer } from "./redis-server.js";
import { textsOf } from "./replies.js";
import type { RunScripts } from "./run-scripts.js";

/** The right to write a run: a text that nobody else has. */
export interface Claim {
  readonly runId: string;
  readonly epoch: number;
  readonly token: string;
}

/** Throws `RunOwnedError`, or `CheckpointCorruptError` if nobody can tell in which epoch the run is. */
export async function acquireRun(scripts: RunScripts, runId: string, leaseMs: number, takeOver: boolean): Promise<Claim> {
  const token = randomUUID();
  const holder = `process ${process.pid} on host ${hostname().split(".")[0]}`;
  for (let known = "0"; ; ) {
    const args = [token, known, holder, String(leaseMs), takeOver ? "yes" : "no"];
    const { reply } = await scripts.run(runId, { what: `acquiring run ${runId}`, effect: "change" }, ACQUIRE, args);
    const [verdict, fact] = textsOf(reply);
    if (verdict === "ok") return { runId, token, epoch: Number(fact) };
    if (verdict === "damaged") throw damaged(runId, scripts.location, `epoch ${quoted(fact)}`, "a whole number");
    if (verdict === "owned") throw runOwned(runId, shown(fact));
    known = fact ?? "0";
  }
}

export async function ownerOf(scripts: RunScripts, runId: string): Promise<RunOwner | null> {
  const { reply } = await scripts.run(runId, { what: `reading the owner of run ${runId}`, effect: "read" }, OWNER);
  const [epoch, holder, state] = textsOf(reply);
  if (epoch === undefined) return null;
  return { epoch: countOf(epoch, "epoch", runId, scripts.location), isAlive: state === "alive", description: shown(holder) };
}

/** Throws `StaleOwnerError` or `StoreRolledBackError` if the run is not the owner's any more. Returns the words of the answer. */
export function checkFence({ reply, isUnsure }: Answer, { runId, epoch }: Claim, location: string): readonly (string | null)[] {
  const [verdict, found, expected] = textsOf(reply);
  if (verdict === "stale") throw stale(runId, epoch, found ?? null, isUnsure);
  if (verdict === "lost") throw rolledBack(runId, location, String(found), String(expected), isUnsure);
  return textsOf(reply);
}

/** An earlier attempt, of which nothing is known, may have been in time. */
function stale(runId: string, epoch: number, other: string | null, isUnsure: boolean): CairnError {
  const found = other === null ? "that it has let go of the run, or the run deleted" : `an owner in epoch ${other}`;
  const error = staleOwner(runId, epoch, found);
  return isUnsure ? new StaleOwnerError(error.message, { runId, outcome: "unknown" }) : error;
}

function rolledBack(runId: string, location: string, found: string, expected: string, isUnsure: boolean): StoreRolledBackError {
  return new StoreRolledBackError(
    `${location} has lost what it had confirmed of run ${runId}: found ${found}, expected ${expected}; it was set back to an older state (see that it persists what it is told: appendonly yes), resume the run from its newest checkpoint.`,
    { runId, outcome: isUnsure ? "unknown" : "not-applied" },
  );
}

const shown = (holder: string | null | undefined): string => (holder ?? "an unknown owner").replace(/[^ -~]/g, "?").slice(0, 200);
