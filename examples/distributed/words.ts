// Counts the words of the corpus as map-reduce: every text is counted by itself, every lot of words is summed by itself.
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { chain, each, type TaskContext, task, workflow } from "cairnflow";

/** Words and how often each was found. */
type Counts = readonly (readonly [word: string, count: number])[];

/** What was committed, and by which process. */
export interface Done {
  readonly what: string;
  readonly by: string;
}

/** What the run keeps in its channel. */
export interface Books {
  done: Done[];
}

/** The result of it all. */
export interface Words {
  readonly words: number;
  readonly distinct: number;
  readonly most: Counts;
  /** SHA-256 of all words with their counts. */
  readonly digest: string;
}

const CORPUS = new URL("./corpus/", import.meta.url);
const LOTS = 6;
/** How long a body pretends to work, so that there is time to kill its process meanwhile. */
const REST_MS = Number(process.env["REST_MS"] ?? 0);
const BY = process.env["WORKER"] ?? "this process";

/** Work that takes its time. What it writes down becomes visible with its step, once, however often the body was begun. */
async function worked(ctx: TaskContext<Books>, what: string): Promise<void> {
  await ctx.sleep(REST_MS);
  await ctx.channel.append("done", { what, by: BY });
}

const textNames = async (): Promise<string[]> => (await readdir(CORPUS)).filter((name) => name.endsWith(".txt")).sort();

/** The texts, by their place in the corpus. */
const list = task("list", async (): Promise<number[]> => (await textNames()).map((_, place) => place));

const count = task("count", async (ctx: TaskContext<Books>, place: number): Promise<Counts> => {
  const name = (await textNames())[place];
  if (name === undefined) throw new RangeError(`there is no text ${place} in the corpus of this machine`);
  const text = await readFile(new URL(name, CORPUS), "utf8");
  const counts = new Map<string, number>();
  for (const [word] of text.toLowerCase().matchAll(/[a-z]+(?:'[a-z]+)*/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  await worked(ctx, name);
  return [...counts];
});

/** Sorts all counts into lots, so that each word is in one of them. */
const shuffle = task("shuffle", (_: TaskContext, counted: Counts[]): Counts[] => {
  const lots: (readonly [string, number])[][] = Array.from({ length: LOTS }, () => []);
  for (const entry of counted.flat()) lots[entry[0].charCodeAt(0) % LOTS]?.push(entry);
  return lots;
});

const sum = task("sum", async (ctx: TaskContext<Books>, lot: Counts): Promise<Counts> => {
  const sums = new Map<string, number>();
  for (const [word, counted] of lot) sums.set(word, (sums.get(word) ?? 0) + counted);
  await worked(ctx, `${sums.size} words`);
  return [...sums];
});

const result = task("result", (_: TaskContext, lots: Counts[]): Words => {
  const all = lots.flat().sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const digest = createHash("sha256").update(JSON.stringify(all)).digest("hex");
  return { words: all.reduce((total, [, n]) => total + n, 0), distinct: all.length, most: all.slice(0, 8), digest };
});

export const words = workflow("words", chain(list, each(count), shuffle, each(sum), result));
