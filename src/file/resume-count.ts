import { join } from "node:path";
import { type DurableFs, writeSynced } from "./durable-fs.js";
import { type Ownership, RESUMES } from "./ownership.js";

interface Resumes {
  readonly position: string;
  readonly count: number;
}

/** Counts a resume in a file that one owner leaves to the next. */
export async function countResume(calls: DurableFs, owner: Ownership, position: string): Promise<number> {
  const path = join(owner.folder, RESUMES);
  const before = parse(await calls.read(path));
  const resumes: Resumes = { position, count: before?.position === position ? before.count + 1 : 1 };
  const prepared = owner.newPath();
  try {
    await writeSynced(calls, [[prepared, new TextEncoder().encode(JSON.stringify(resumes))]], []);
    calls.rename(prepared, path);
    return resumes.count;
  } catch (error) {
    await owner.discard(prepared);
    throw error;
  }
}

export function forgetResumes(calls: DurableFs, owner: Ownership): Promise<void> {
  return calls.removeTree(join(owner.folder, RESUMES));
}

/** Anything but what is written above counts as nothing: it says no more than how often to try. */
function parse(bytes: Uint8Array | null): Resumes | null {
  try {
    const { position, count } = JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array())) as Record<string, unknown>;
    return typeof position === "string" && Number.isSafeInteger(count) && (count as number) > 0
      ? { position, count: count as number }
      : null;
  } catch {
    return null;
  }
}
