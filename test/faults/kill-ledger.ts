import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CheckpointView, openCheckpointStore } from "cairnflow";
import type { Effect } from "./kill-workflow.js";

type LogLine =
  | { readonly kind: "resumed"; readonly steps: number; readonly id: string }
  | { readonly kind: "committed"; readonly seq: number; readonly id: string; readonly steps: number }
  | { readonly kind: "ended"; readonly status: string; readonly output: unknown; readonly steps: number };

/** How its steps are stored: a checkpoint after each task, or a journal with some checkpoints. */
export type KillMode = "checkpoint" | "step";

/** What a run is known to have committed. */
interface Known {
  readonly seq: number;
  readonly steps: number;
  readonly effects: readonly string[];
}

const RUN_ID = "killed-1";
const NOTHING: Known = { seq: 0, steps: 0, effects: [] };

/** The books of one run: what its processes did, what they said was committed, and what is stored. */
export class KillLedger {
  readonly store: string;
  private readonly ledger: string;
  private readonly log: string;
  private known: Known = NOTHING;
  private effectsRead = 0;
  readonly lost: string[] = [];
  readonly doubled: string[] = [];

  /** How often a process went on from a checkpoint. */
  resumes = 0;

  constructor(
    readonly folder: string,
    private readonly mode: KillMode,
  ) {
    [this.store, this.ledger, this.log] = [join(folder, "store"), join(folder, "ledger"), join(folder, "log")];
  }

  /** The arguments of a process that runs it. Its id is that of all runs, since what tasks draw depends on it. */
  get args(): readonly string[] {
    return [this.store, RUN_ID, this.ledger, this.log, this.mode];
  }

  /** What the last process did and left behind, held against what was committed before it. */
  async check(): Promise<CheckpointView | null> {
    const before = new Set(this.known.effects);
    const effects = linesOf<Effect>(this.ledger);
    for (const { key, task, cycle } of effects.slice(this.effectsRead)) {
      if (before.has(key)) this.doubled.push(`${this.folder}: ${task} of cycle ${cycle} was committed and ran again`);
    }
    this.effectsRead = effects.length;
    const view = await openCheckpointStore(this.store).latest(RUN_ID);
    this.compare(view, linesOf<LogLine>(this.log));
    return view;
  }

  /** What the process that ran to the end said. */
  ending(): Extract<LogLine, { kind: "ended" }> | null {
    return linesOf<LogLine>(this.log).find((line) => line.kind === "ended") ?? null;
  }

  private compare(view: CheckpointView | null, log: readonly LogLine[]): void {
    const found =
      view === null ? NOTHING : { seq: view.info.seq, steps: view.steps, effects: (view.channel.get("effects") ?? []) as string[] };
    let said = this.known;
    for (const line of log) {
      if (line.kind === "resumed") this.resumes++;
      if (line.kind === "resumed" && line.steps < said.steps) this.lost.push(`${this.folder}: resumed at ${line.steps} of ${said.steps}`);
      if (line.kind === "committed" && line.seq > said.seq) said = { ...said, seq: line.seq, steps: line.steps };
    }
    if (found.seq < said.seq || found.steps < said.steps) {
      this.lost.push(`${this.folder}: found seq ${found.seq} at ${found.steps}, committed were ${said.seq} at ${said.steps}`);
    }
    const kept = new Set(found.effects);
    for (const key of this.known.effects) if (!kept.has(key)) this.lost.push(`${this.folder}: the effect ${key} is gone`);
    if (kept.size !== found.effects.length) this.doubled.push(`${this.folder}: an effect is in the state twice`);
    this.known = found;
    writeFileSync(
      this.log,
      log
        .filter((line) => line.kind === "ended")
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(""),
    );
  }
}

/** The whole lines of a file; what was cut off by a kill is none. */
function linesOf<Line>(path: string): Line[] {
  let text = "";
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}
