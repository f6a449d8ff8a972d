import { quoted } from "./ids.js";

const LONGEST = 64;
const LISTED = 8;

/** What a name could have been, or all it may be: the end of a message about a name nobody knows. */
export function expectedNames(name: string, known: Iterable<string>): string {
  const names = [...known];
  const near = nearest(name, names);
  if (near !== null) return `did you mean ${quoted(near)}?`;
  if (names.length === 0) return "expected none, for there are none.";
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : "";
  return `expected one of ${names.slice(0, LISTED).map(quoted).join(", ")}${more}; correct the name.`;
}

/** The name that is a slip of the pen away, or `null`. */
function nearest(name: string, names: readonly string[]): string | null {
  const most = Math.min(2, Math.floor(name.length / 2));
  let best: string | null = null;
  let least = most + 1;
  for (const known of names) {
    const distance = known.length > LONGEST || name.length > LONGEST ? least : editsBetween(plain(name), plain(known));
    if (distance < least) [best, least] = [known, distance];
  }
  return best;
}

/** Case and the way words are joined are told apart by nobody. */
const plain = (name: string): string => name.toLowerCase().replace(/[-_. ]/g, "");

/** How many letters must be added, dropped, changed, or swapped with the next one. */
function editsBetween(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(at(row, j) + 1, at(next, j - 1) + 1, at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1), swapped));
    }
    [before, row] = [row, next];
  }
  return at(row, b.length);
}

const at = (row: readonly number[], place: number): number => row[place] as number;
