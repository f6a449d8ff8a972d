import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { type DurableFs, systemFs } from "../../src/file/durable-fs.js";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { recordOf, temporaryFolder, wholeCheckpoints } from "./support.js";

/** What is done to the file system, in order, with paths below the root; a sync is noted when it has ended. */
function recordingFs(root: string): { fs: DurableFs; log: string[] } {
  const log: string[] = [];
  const paths = new Map<number, string>();
  const short = (path: string) => path.slice(root.length + 1).replaceAll(/[0-9a-f]{6}-[0-9a-f]{6}-[0-9a-f-]+/g, "N") || ".";
  const fs: DurableFs = {
    ...systemFs,
    create: (path) => {
      const file = systemFs.create(path);
      paths.set(file, short(path));
      log.push(`create ${short(path)}`);
      return file;
    },
    syncFile: async (file) => {
      await systemFs.syncFile(file);
      log.push(`synced ${paths.get(file)}`);
    },
    syncDirectory: async (path) => {
      await systemFs.syncDirectory(path);
      log.push(`synced ${short(path)}`);
    },
    rename: (from, to) => {
      systemFs.rename(from, to);
      log.push(`rename ${short(to)}`);
    },
  };
  return { fs, log };
}

describe("a put", () => {
  it("syncs every file and folder before the rename that publishes, and the parent after it", async () => {
    const root = await temporaryFolder();
    const { fs, log } = recordingFs(root);
    const store = new FileCheckpointStore(root, { fs });
    await store.open();
    log.length = 0;
    await store.put(recordOf(1, "c1", ["blob"]));
    const published = log.indexOf("rename r1/checkpoints/00000001-c1");
    const before = log.slice(0, published);
    const created = log.filter((line) => line.startsWith("create ")).map((line) => line.slice(7));
    expect(created).toHaveLength(4);
    for (const path of [...created, dirname(created[0] ?? ""), "r1", "."]) expect(before).toContain(`synced ${path}`);
    const blob = before.findIndex((line) => line.startsWith("rename r1/blobs/"));
    expect(before.indexOf("synced r1/tmp/N")).toBeLessThan(blob);
    expect(before.indexOf("synced r1/tmp/N")).toBeGreaterThan(0);
    expect(before.slice(blob + 1)).toContain("synced r1/blobs");
    expect(log.slice(published + 1)).toEqual(["synced r1/checkpoints"]);
  });

  it("syncs five things for the second checkpoint of a run, and does not write a blob again that is there", async () => {
    const root = await temporaryFolder();
    const { fs, log } = recordingFs(root);
    const store = new FileCheckpointStore(root, { fs });
    await store.open();
    await store.put(recordOf(1, "c1", ["blob"]));
    log.length = 0;
    await store.put(recordOf(2));
    expect(log.filter((line) => line.startsWith("synced "))).toHaveLength(5);
    log.length = 0;
    await store.put(recordOf(3, "c3", ["blob"]));
    expect(log.filter((line) => line.startsWith("create "))).toHaveLength(3);
    expect(log).toContain("synced r1/blobs");
  });

  it("writes a blob anew whose folder could not be synced, and never syncs the same file twice", async () => {
    const root = await temporaryFolder();
    const { fs, log } = recordingFs(root);
    let failing = true;
    const syncDirectory = async (path: string): Promise<void> => {
      if (failing && path === join(root, "r1/blobs")) throw Object.assign(new Error("EIO: injected"), { code: "EIO" });
      await fs.syncDirectory(path);
    };
    const store = new FileCheckpointStore(root, { fs: { ...fs, syncDirectory } });
    await store.open();
    await expect(store.put(recordOf(1, "c1", ["old blob"]))).rejects.toMatchObject({ outcome: "not-applied", cause: { code: "EIO" } });
    failing = false;
    log.length = 0;
    await store.put(recordOf(1, "c1", ["old blob"]));
    expect(log.filter((line) => line.startsWith("create "))).toHaveLength(4);
    expect(await wholeCheckpoints(store)).toEqual([1]);
  });

  it("goes on after short writes, and gives up on a write that takes nothing", async () => {
    const root = await temporaryFolder();
    let short = 0;
    const write = (file: number, bytes: Uint8Array) => {
      short++;
      return systemFs.write(file, bytes.subarray(0, 7));
    };
    const store = new FileCheckpointStore(root, { fs: { ...systemFs, write } });
    await store.open();
    await store.put(recordOf(1, "c1", ["old blob"]));
    expect(short).toBeGreaterThan(80);
    expect(await wholeCheckpoints(store)).toEqual([1]);
    const stuck = new FileCheckpointStore(root, { fs: { ...systemFs, write: () => 0 } });
    await expect(stuck.put(recordOf(2))).rejects.toMatchObject({ code: "CHECKPOINT_WRITE", outcome: "not-applied" });
  });

  it("notices a checkpoint of another writer however many it has put itself", async () => {
    const root = await temporaryFolder();
    const [one, two] = [new FileCheckpointStore(root), new FileCheckpointStore(root)];
    await one.open();
    for (const seq of [1, 2, 3]) await one.put(recordOf(seq));
    await two.put(recordOf(4, "other"));
    await expect(one.put(recordOf(4))).rejects.toMatchObject({ code: "SEQUENCE_TAKEN" });
    await one.put(recordOf(5));
    expect(await wholeCheckpoints(two)).toEqual([1, 2, 3, 4, 5]);
  });
});
