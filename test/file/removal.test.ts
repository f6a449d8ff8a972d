import { readdirSync, writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CheckpointStorageError } from "../../src/core/errors.js";
import { systemFs } from "../../src/file/durable-fs.js";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { leftIn, openedStore, put, recordOf, systemError, temporaryFolder, watchedFs, wholeCheckpoints } from "./support.js";

const key = (seq: number) => ({ runId: "r1", seq, id: `c${seq}` });
const blobsAt = (root: string): string[] => readdirSync(join(root, "r1/blobs"));

async function withThree(root: string): Promise<FileCheckpointStore> {
  const store = await openedStore(root);
  for (const seq of [1, 2, 3]) await put(store, recordOf(seq, `c${seq}`, ["old blob"]));
  await store.pin(key(2), true);
  return store;
}

/** One deletion of the oldest with a fault at the n-th call. */
async function deleteWithFault(plan: { readonly at: number; readonly code: string; readonly sticky: boolean }) {
  const root = await temporaryFolder();
  await withThree(root);
  const calls: string[] = [];
  let fired = 0;
  let active = true;
  const fs = watchedFs((call) => {
    if (!active) return null;
    calls.push(call);
    if (!(calls.length === plan.at || (plan.sticky && calls.length > plan.at && plan.at > 0))) return null;
    fired++;
    return systemError(plan.code, call);
  });
  const store = new FileCheckpointStore(root, { fs });
  const result = await store.delete(key(1)).catch((error: unknown) => error);
  active = false;
  return { root, store, result, calls, fired };
}

describe.each(["EIO", "ENOSPC", "EACCES"])("%s", (code) => {
  it.each([false, true])("at every file-system call of a deletion leaves all of a checkpoint or nothing (sticky: %s)", async (sticky) => {
    const { calls } = await deleteWithFault({ at: 0, code, sticky });
    expect(calls.length).toBeGreaterThan(7);
    let failures = 0;
    for (let at = 1; at <= calls.length; at++) {
      const { root, store, result, fired } = await deleteWithFault({ at, code, sticky });
      const where = `${code} at ${at} ${calls[at - 1]}`;
      expect(fired, where).toBeGreaterThan(0);
      const seqs = await wholeCheckpoints(new FileCheckpointStore(root));
      expect(
        [
          [1, 2, 3],
          [2, 3],
        ],
        where,
      ).toContainEqual(seqs);
      if (result === true) expect(seqs, where).toEqual([2, 3]);
      else {
        failures++;
        expect(result, where).toBeInstanceOf(CheckpointStorageError);
        expect(result, where).toMatchObject({ cause: { code } });
      }
      await store.delete(key(1));
      await put(store, recordOf(4, "c4", ["old blob"]));
      expect(await wholeCheckpoints(store), where).toEqual([2, 3, 4]);
      expect(await leftIn(root), where).toEqual([]);
    }
    expect(failures).toBeGreaterThan(5);
  });
});

describe("the owner of a run", () => {
  it("need not read the names of all checkpoints after a deletion, its own or another process's", async () => {
    const root = await temporaryFolder();
    const other = await withThree(root);
    let listed = 0;
    const list = (path: string) => {
      if (path.endsWith("checkpoints")) listed++;
      return systemFs.list(path);
    };
    const store = new FileCheckpointStore(root, { fs: { ...systemFs, list } });
    const writer = await store.acquire("r1");
    for (let seq = 4; seq < 20; seq++) {
      await writer.put(recordOf(seq));
      await (seq % 2 === 0 ? store : other).delete(key(seq - 1));
    }
    expect(listed).toBe(1);
    expect(await wholeCheckpoints(store)).toEqual([1, 2, 19]);
  });

  it("can store a seq again that was deleted, and no other", async () => {
    const root = await temporaryFolder();
    const store = await withThree(root);
    const writer = await store.acquire("r1");
    await new FileCheckpointStore(root).delete(key(3));
    await expect(writer.put(recordOf(2))).rejects.toMatchObject({ code: "SEQUENCE_TAKEN" });
    await writer.put(recordOf(3, "again"));
    await expect(writer.put(recordOf(3))).rejects.toMatchObject({ code: "SEQUENCE_TAKEN" });
    expect((await store.list("r1")).map(({ id }) => id)).toEqual(["c1", "c2", "again"]);
  });
});

describe("a put", () => {
  it("writes a blob once more that was deleted before the checkpoint could be seen to name it", async () => {
    const root = await temporaryFolder();
    const store = await withThree(root);
    let deletions = 0;
    const slow = new FileCheckpointStore(root, {
      fs: {
        ...systemFs,
        rename: (from, to) => {
          // Between the blob and the checkpoint that names it comes another process's prune.
          if (to.includes("checkpoints")) {
            deletions++;
            for (const name of blobsAt(root)) systemFs.rename(join(root, "r1/blobs", name), join(root, `taken-${deletions}-${name}`));
          }
          systemFs.rename(from, to);
        },
      },
    });
    await put(slow, recordOf(4, "c4", ["old blob", "new blob"]));
    expect(deletions).toBe(1);
    expect(await wholeCheckpoints(store)).toEqual([1, 2, 3, 4]);
  });
});

describe("pins", () => {
  it("are empty files that bear the ids", async () => {
    const root = await temporaryFolder();
    await withThree(root);
    expect(await readdir(join(root, "r1/pins"))).toEqual(["c2"]);
    expect((await readFile(join(root, "r1/pins/c2"))).length).toBe(0);
  });

  it("in a folder that leads elsewhere are refused", async () => {
    const root = await temporaryFolder();
    const outside = await temporaryFolder();
    const store = await withThree(root);
    await rm(join(root, "r1/pins"), { recursive: true });
    await symlink(outside, join(root, "r1/pins"));
    await expect(store.pin(key(1), true)).rejects.toThrow(CheckpointStorageError);
    await expect(store.delete(key(1))).rejects.toThrow(CheckpointStorageError);
    expect(await readdir(outside)).toEqual([]);
    expect(await wholeCheckpoints(store)).toEqual([1, 2, 3]);
  });

  it("that nobody can have made do not count", async () => {
    const root = await temporaryFolder();
    const store = await withThree(root);
    await mkdir(join(root, "r1/pins/c1"));
    await writeFile(join(root, "r1/pins/-rf"), "");
    expect(await store.pins("r1")).toEqual(["c2"]);
  });
});

/** Deletes the oldest by a process that dies at once when it comes to a call; then another has the run. */
async function deleteAndDie(diesAt: (call: string, path: string, root: string) => boolean) {
  const root = await temporaryFolder();
  await withThree(root);
  let isDead = false;
  const fs = watchedFs((call, path) => {
    isDead ||= diesAt(call, path, root);
    return isDead ? systemError("EIO", call) : null;
  });
  await expect(new FileCheckpointStore(root, { fs }).delete(key(1))).rejects.toThrow(CheckpointStorageError);
  expect(isDead).toBe(true);
  const store = await openedStore(root);
  await store.acquire("r1");
  expect(await leftIn(root)).toEqual([]);
  return store;
}

describe("a checkpoint that somebody has died over deleting", () => {
  const pinNow = (root: string): void => writeFileSync(join(root, "r1/pins/c1"), "");
  const isAside = (root: string): boolean => !readdirSync(join(root, "r1/checkpoints")).includes("00000001-c1");

  it("is back for the next owner if it was pinned before it was out of sight", async () => {
    const store = await deleteAndDie((call, _, root) => {
      if (call === "rename") pinNow(root);
      return isAside(root);
    });
    expect(await wholeCheckpoints(store)).toEqual([1, 2, 3]);
    expect(await store.delete(key(1))).toBe(false);
  });

  it("is gone if it was not pinned", async () => {
    expect(await wholeCheckpoints(await deleteAndDie((_call, _path, root) => isAside(root)))).toEqual([2, 3]);
  });
});

describe("a checkpoint that was removed in part", () => {
  it("does not come back, even if somebody has died over pinning it", async () => {
    const root = await temporaryFolder();
    await withThree(root);
    let removals = 0;
    const removeTree = async (path: string): Promise<void> => {
      const [inner = ""] = readdirSync(path);
      await rm(join(path, inner, "state.json"));
      removals++;
      throw systemError("EIO", "removeTree");
    };
    expect(await new FileCheckpointStore(root, { fs: { ...systemFs, removeTree } }).delete(key(1))).toBe(true);
    expect(removals).toBe(1);
    await writeFile(join(root, "r1/pins/c1"), "");
    const store = await openedStore(root);
    await store.acquire("r1");
    expect(await wholeCheckpoints(store)).toEqual([2, 3]);
    expect(await leftIn(root)).toEqual([]);
  });
});

describe("a read", () => {
  it("of a checkpoint that is deleted meanwhile finds none, instead of a damaged one", async () => {
    const root = await temporaryFolder();
    await withThree(root);
    const folder = join(root, "r1/checkpoints/00000001-c1");
    const read = async (path: string) => {
      if (path.endsWith("meta.json")) await rename(folder, join(root, "gone")).catch(() => undefined);
      return systemFs.read(path);
    };
    expect(await new FileCheckpointStore(root, { fs: { ...systemFs, read } }).read(key(1))).toBeNull();
  });
});
