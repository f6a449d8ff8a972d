// What is done to stored checkpoints and journals, and what of it a reader may take for them.
import { isDeepStrictEqual } from "node:util";
import {
  type CheckpointKey,
  type CheckpointRecord,
  type CheckpointStore,
  type CheckpointView,
  MemoryCheckpointStore,
  openCheckpointStore,
} from "../../src/index.js";
import { damagedPapers, damageFile, damageJournal, mutatedSteps } from "./byte-damage.js";
import type { Knocked } from "./knock.js";
import { mutated } from "./mutate.js";
import { type Papers, sealed } from "./papers.js";
import type { Source } from "./realistic-runs.js";
import { below, seeded } from "./seeded.js";
import { misread } from "./told-state.js";

/** One checkpoint and journal to be stored, then damaged, then read. */
export interface HarmCase {
  readonly kind: string;
  readonly name: string;
  readonly source: Source;
  readonly papers: () => Papers;
  readonly steps: readonly string[];
  /** Damages the files of a file store. */
  readonly damage: ((root: string, key: CheckpointKey) => void) | null;
  /** What is wrong about what was not refused. */
  readonly wrong: (found: Knocked, record: CheckpointRecord) => Promise<string[]>;
}

type Kind = "structure" | "sealed bytes" | "file bytes" | "steps" | "journal bytes";
/** Of ten in a row. */
const KINDS: readonly Kind[] = [
  ...(["structure", "structure", "structure", "structure", "structure", "sealed bytes", "sealed bytes"] as const),
  ...(["file bytes", "steps", "journal bytes"] as const),
];

/** A reader that does not refuse a checkpoint takes it for what its documents say. */
export const readsRight: HarmCase["wrong"] = async ({ view }, record) =>
  view === undefined ? [] : misread(view, record).map((what) => `read wrong: ${what}`);

export function harmCase(number: number, seed: number, checkpoints: readonly Source[], journals: readonly Source[]): HarmCase {
  const random = seeded(seed * 1_000_003 + number);
  const kind = KINDS[number % KINDS.length] as Kind;
  const sources = kind === "steps" || kind === "journal bytes" ? journals : checkpoints;
  const source = sources[below(random, sources.length)] as Source;
  const { papers, steps } = source;
  const name = `${kind} ${number} of checkpoint ${papers.key.seq}`;
  const honest = { kind, name, source, papers: () => papers, steps, damage: null };
  switch (kind) {
    case "structure":
      return { ...honest, papers: () => mutated(papers, random), wrong: readsRight };
    case "sealed bytes":
      return { ...honest, papers: () => damagedPapers(papers, random), wrong: readsRight };
    case "file bytes":
      return {
        ...honest,
        damage: (root, key) => damageFile(root, key, random),
        wrong: async ({ view }) => (view ? ["damage was not found"] : []),
      };
    case "steps":
      return { ...honest, steps: mutatedSteps(steps, random), wrong: readsRight };
    case "journal bytes": {
      let what: "flipped" | "cut off" = "flipped";
      const damage = (root: string, { runId }: CheckpointKey): void => {
        what = damageJournal(root, runId, random);
      };
      return { ...honest, damage, wrong: ({ latest }) => wrongSteps(source, latest, what) };
    }
  }
}

/** A journal of which a byte has changed is refused; of one that was cut off the first steps remain. */
async function wrongSteps(source: Source, latest: CheckpointView | undefined, what: "flipped" | "cut off"): Promise<string[]> {
  if (latest === undefined) return what === "flipped" ? [] : ["the steps before a torn one were refused"];
  if (what === "flipped") return ["a step that has changed was not refused"];
  const views = await viewsOf(source);
  return views.some((view) => isDeepStrictEqual(view, latest)) ? [] : ["the state is none that the run has had"];
}

const known = new Map<Source, Promise<CheckpointView[]>>();

/** What a run was after none, one, two... of the steps in its journal. */
function viewsOf(source: Source): Promise<CheckpointView[]> {
  const views = known.get(source) ?? Promise.all(Array.from({ length: source.steps.length + 1 }, (_, count) => viewAfter(source, count)));
  known.set(source, views);
  return views;
}

async function viewAfter({ papers, steps }: Source, count: number): Promise<CheckpointView> {
  const store = new MemoryCheckpointStore();
  await storeCase(store, sealed(papers), steps.slice(0, count));
  return (await openCheckpointStore(store).latest(papers.key.runId)) as CheckpointView;
}

/** Stores a checkpoint and the steps after it. */
export async function storeCase(store: CheckpointStore, record: CheckpointRecord, steps: readonly string[]): Promise<void> {
  const writer = await store.acquire(record.runId);
  await writer.put(record);
  if (steps.length > 0) {
    const journal = await writer.beginJournal(record.seq);
    for (const step of steps) await journal.append(new TextEncoder().encode(step));
    await journal.close();
  }
  await writer.release();
}
