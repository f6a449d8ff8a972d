// Damage to the bytes of what is stored: to the texts with their digests made to fit, to the files, to journals.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckpointKey } from "../../src/index.js";
import { flipped } from "./flipped.js";
import { mutateText } from "./mutate.js";
import type { Papers } from "./papers.js";
import { below } from "./seeded.js";
import { placeOf } from "./straight-store.js";

type Random = () => number;
const decoder = new TextDecoder();
const pick = <Item>(items: readonly Item[], random: Random): Item => items[below(random, items.length)] as Item;

/** A text of which some bytes have changed. */
function damagedText(text: string, random: Random): string {
  let bytes: Uint8Array = Buffer.from(text);
  for (let times = 1 + below(random, 3); times > 0; times--) bytes = flipped(bytes, random);
  return decoder.decode(random() < 0.1 ? bytes.subarray(0, below(random, bytes.length)) : bytes);
}

/** One of the documents or blobs with some bytes changed; its digests will be made to fit. */
export function damagedPapers(papers: Papers, random: Random): Papers {
  const name = pick(["context", "state", "meta", "blob", "blob"] as const, random);
  const [digest, text] = pick([...papers.blobs], random) ?? [];
  if (name !== "blob") return { ...papers, [name]: damagedText(papers[name], random) };
  if (digest === undefined || text === undefined) return papers;
  return { ...papers, blobs: new Map([...papers.blobs, [digest, damagedText(text, random)]]) };
}

/** Changes a byte in one of the files of a stored checkpoint. */
export function damageFile(root: string, key: CheckpointKey, random: Random): void {
  const folder = placeOf(root, key);
  const blobs = join(root, key.runId, "blobs");
  const blobPaths = readdirSync(blobs).map((name) => join(blobs, name));
  const path = pick([...["context", "state", "meta"].map((name) => join(folder, `${name}.json`)), ...blobPaths], random);
  writeFileSync(path, flipped(readFileSync(path), random));
}

/** The steps of a journal, with one changed, given twice, left out, or in another place; their checksums will be made to fit. */
export function mutatedSteps(steps: readonly string[], random: Random): string[] {
  const changed = [...steps];
  const [place, other] = [below(random, steps.length), below(random, steps.length)];
  const step = steps[place] as string;
  const actions: readonly (() => void)[] = [
    ...Array.from({ length: 5 }, () => () => void (changed[place] = mutateText(step, random))),
    ...Array.from({ length: 3 }, () => () => void (changed[place] = damagedText(step, random))),
    () => void changed.splice(place, 1),
    () => void changed.splice(other, 0, step),
    () => void ([changed[place], changed[other]] = [steps[other] as string, step]),
  ];
  pick(actions, random)();
  return changed;
}

/** Changes a byte of a journal, or cuts it off. */
export function damageJournal(root: string, runId: string, random: Random): "flipped" | "cut off" {
  const folder = join(root, runId, "journal");
  const path = join(folder, readdirSync(folder)[0] as string);
  const bytes = readFileSync(path);
  const isCut = random() < 0.5;
  writeFileSync(path, isCut ? bytes.subarray(0, below(random, bytes.length)) : flipped(bytes, random));
  return isCut ? "cut off" : "flipped";
}
