import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { type DurableFs, systemFs } from "../../src/file/durable-fs.js";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { openedStore, recordOf, temporaryFolder, watchedFs, wholeCheckpoints } from "./support.js";

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

/** The names of all calls, in order. */
function countingFs(): { fs: DurableFs; calls: string[] } {
  const calls: string[] = [];
  const note = (call: string) => {
    calls.push(call);
    return null;
  };
  return { fs: watchedFs(note), calls };
}

describe("acquiring a run", () => {
  it("syncs the folder of its owner, its own folder and the one around it after the rename that decides", async () => {
    const root = await temporaryFolder();
    const { fs, log } = recordingFs(root);
    const store = await openedStore(root, fs);
    log.length = 0;
    await (await store.acquire("r1")).release();
    expect(log[0]).toBe("rename r1/owner");
    expect(log.slice(1, 4).sort()).toEqual(["synced .", "synced r1", "synced r1/owner"]);
    expect(log.slice(4)).toEqual(["rename r1/owner/1-free"]);
    log.length = 0;
    await store.acquire("r1");
    expect(log[0]).toBe("rename r1/owner/2-N");
    expect(log).toContain("synced r1/owner");
  });
});

describe("a put", () => {
  it("syncs every file and folder before the rename that publishes, and the parent after it", async () => {
    const root = await temporaryFolder();
    const { fs, log } = recordingFs(root);
    const writer = await (await openedStore(root, fs)).acquire("r1");
    log.length = 0;
    await writer.put(recordOf(1, "c1", ["blob"]));
    const published = log.indexOf("rename r1/checkpoints/00000001-c1");
    const before = log.slice(0, published);
    const created = log.filter((line) => line.startsWith("create ")).map((line) => line.slice(7));
    expect(created).toHaveLength(4);
    for (const path of created) expect(path).toMatch(/^r1\/owner\/1-N\//);
    for (const path of [...created, dirname(created[0] ?? "")]) expect(before).toContain(`synced ${path}`);
    const blob = before.findIndex((line) => line.startsWith("rename r1/blobs/"));
    expect(before.indexOf(`synced ${created[3]}`)).toBeLessThan(blob);
    expect(before.slice(blob + 1)).toContain("synced r1/blobs");
    expect(log.slice(published + 1)).toEqual(["synced r1/checkpoints"]);
  });

  it("takes one folder, one rename and five syncs, and reads no names after the first", async () => {
    const { fs, calls } = countingFs();
    const writer = await (await openedStore(await temporaryFolder(), fs)).acquire("r1");
    await writer.put(recordOf(1));
    calls.length = 0;
    await writer.put(recordOf(2));
    const thrice = (call: string) => [call, call, call];
    const written = ["create", "write", "create", "write", "create", "write"];
    expect(calls).toEqual([
      "makeDirectory",
      ...written,
      ...thrice("syncFile"),
      "syncDirectory",
      ...thrice("close"),
      "rename",
      "syncDirectory",
    ]);
  });

  it("does not write a blob again that is there, but syncs its name", async () => {
    const root = await temporaryFolder();
    const { fs, log } = recordingFs(root);
    const writer = await (await openedStore(root, fs)).acquire("r1");
    await writer.put(recordOf(1, "c1", ["blob"]));
    log.length = 0;
    await writer.put(recordOf(3, "c3", ["blob"]));
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
    const store = await openedStore(root, { ...fs, syncDirectory });
    const writer = await store.acquire("r1");
    await expect(writer.put(recordOf(1, "c1", ["old blob"]))).rejects.toMatchObject({ outcome: "not-applied", cause: { code: "EIO" } });
    failing = false;
    log.length = 0;
    await writer.put(recordOf(1, "c1", ["old blob"]));
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
    const store = await openedStore(root, { ...systemFs, write });
    const writer = await store.acquire("r1");
    await writer.put(recordOf(1, "c1", ["old blob"]));
    expect(short).toBeGreaterThan(80);
    expect(await wholeCheckpoints(store)).toEqual([1]);
    await writer.release();
    // Not opened, which would fail for the same reason.
    const stuck = await new FileCheckpointStore(root, { fs: { ...systemFs, write: () => 0 } }).acquire("r1");
    await expect(stuck.put(recordOf(2))).rejects.toMatchObject({ code: "CHECKPOINT_WRITE", outcome: "not-applied" });
  });

  it("of a seq that an earlier owner has stored is refused, however many there have been since", async () => {
    const root = await temporaryFolder();
    const [one, two] = [await openedStore(root), await openedStore(root)];
    const before = await one.acquire("r1");
    for (const seq of [1, 2, 4]) await before.put(recordOf(seq));
    await before.release();
    const writer = await two.acquire("r1");
    for (const seq of [4, 2]) await expect(writer.put(recordOf(seq, "again"))).rejects.toMatchObject({ code: "SEQUENCE_TAKEN" });
    for (const seq of [5, 3]) await writer.put(recordOf(seq));
    for (const seq of [3, 4, 5]) await expect(writer.put(recordOf(seq, "again"))).rejects.toMatchObject({ code: "SEQUENCE_TAKEN" });
    expect(await wholeCheckpoints(one)).toEqual([1, 2, 3, 4, 5]);
  });
});

describe("a journal", () => {
  it("is synced with its name before it is used, and each record before it is asked who owns the run", async () => {
    const { fs, calls } = countingFs();
    const writer = await (await openedStore(await temporaryFolder(), fs)).acquire("r1");
    calls.length = 0;
    const journal = await writer.beginJournal(1);
    expect(calls).toEqual(["create", "syncFile", "rename", "syncDirectory", "list"]);
    calls.length = 0;
    await journal.append(new Uint8Array(10));
    expect(calls).toEqual(["write", "syncFile", "inspect"]);
  });

  it("goes on after short writes", async () => {
    const root = await temporaryFolder();
    const write = (file: number, bytes: Uint8Array) => systemFs.write(file, bytes.subarray(0, 3));
    const store = await openedStore(root, { ...systemFs, write });
    const journal = await (await store.acquire("r1")).beginJournal(1);
    await journal.append(new Uint8Array(10).fill(7));
    expect(await store.readJournal("r1", 1)).toEqual([Buffer.alloc(10, 7)]);
  });

  it("that was closed is not written to any more, and can be closed again", async () => {
    const store = await openedStore(await temporaryFolder());
    const journal = await (await store.acquire("r1")).beginJournal(1);
    await journal.append(new Uint8Array(1));
    for (const _ of [1, 2]) await journal.close();
    await expect(journal.append(new Uint8Array(2))).rejects.toMatchObject({ code: "USAGE", runId: "r1" });
    expect(await store.readJournal("r1", 1)).toHaveLength(1);
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 53])("is neither begun nor found for a seq of %s", async (seq) => {
    const store = await openedStore(await temporaryFolder());
    const writer = await store.acquire("r1");
    await expect(writer.beginJournal(seq)).rejects.toMatchObject({ code: "INVALID_ID" });
    expect(await store.readJournal("r1", seq)).toEqual([]);
  });
});
