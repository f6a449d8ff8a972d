import { spawnSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CheckpointStorageError } from "../../src/core/errors.js";
import { systemFs } from "../../src/file/durable-fs.js";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { openedStore, put, recordOf, systemError, temporaryFolder, watchedFs, wholeCheckpoints } from "./support.js";
import { transpile } from "./transpile.js";

async function withOne(): Promise<{ root: string; store: FileCheckpointStore }> {
  const root = await temporaryFolder();
  const store = await openedStore(root);
  await put(store, recordOf(1, "c1", ["old blob"]));
  return { root, store };
}

describe("open", () => {
  it("makes the folder and its parents, for this user alone", async () => {
    const root = join(await temporaryFolder(), "a/b/c");
    await put(await openedStore(root), recordOf(1, "c1", ["blob"]));
    const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    for (const folder of ["", "r1", "r1/checkpoints/00000001-c1", "r1/blobs", "r1/owner"])
      expect(await modeOf(join(root, folder))).toBe("700");
    expect(await modeOf(join(root, "r1/checkpoints/00000001-c1/meta.json"))).toBe("600");
    expect(await readdir(root)).toEqual(["r1"]);
  });

  it("refuses a file, a path below a file, and a symbolic link", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "file"), "x");
    await symlink(folder, join(folder, "link"));
    for (const name of ["file", "file/below", "link"]) {
      const failure = await new FileCheckpointStore(join(folder, name)).open().catch((error: unknown) => error);
      expect(failure, name).toBeInstanceOf(CheckpointStorageError);
      expect((failure as Error).cause, name).toBeInstanceOf(Error);
    }
  });

  it("refuses a folder that cannot be written", async () => {
    const root = await temporaryFolder();
    const code = await temporaryFolder();
    await chmod(root, 0o555);
    await chmod(code, 0o755);
    const entry = transpile(new URL("../../src/file/file-checkpoint-store.ts", import.meta.url), code);
    const drop = "if (process.getuid() === 0) process.setuid(65534);";
    const script = `const { FileCheckpointStore } = await import(${JSON.stringify(entry)}); ${drop}
      await new FileCheckpointStore(${JSON.stringify(root)}).open().then(() => console.log("opened"), (error) => console.log(error.code, error.cause.code));`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(stdout.trim()).toBe("CHECKPOINT_STORAGE EACCES");
  });

  it.each(["EACCES", "EROFS", "ENOSPC", "EMFILE"])("fails on %s in the probe and leaves nothing", async (code) => {
    const root = await temporaryFolder();
    for (const call of ["create", "write", "syncFile", "syncDirectory"]) {
      let fired = 0;
      const fs = watchedFs((name) => (name === call && ++fired > 0 ? systemError(code, name) : null));
      await expect(new FileCheckpointStore(root, { fs }).open()).rejects.toMatchObject({ code: "CHECKPOINT_STORAGE", cause: { code } });
      expect(fired, call).toBe(1);
      expect(await readdir(root)).toEqual([]);
    }
  });
});

describe("what lies about on the disk", () => {
  it("is ignored unless its name is one that a store gives", async () => {
    const { root, store } = await withOne();
    const names = [
      "00000001",
      "1-x",
      "000000002-x",
      "00000000-x",
      "00000003-",
      "00000003-a b",
      "00000003-..",
      "x-00000003",
      "99999999999999999-x",
    ];
    for (const name of names) await mkdir(join(root, "r1/checkpoints", name));
    await writeFile(join(root, "r1/checkpoints/00000004-file"), "x");
    await symlink(join(root, "r1/checkpoints/00000001-c1"), join(root, "r1/checkpoints/00000005-link"));
    for (const name of [".hidden", "_x", "a b"]) await mkdir(join(root, name, "checkpoints/00000001-y"), { recursive: true });
    await writeFile(join(root, "README"), "x");
    expect(await wholeCheckpoints(store)).toEqual([1]);
    expect(await store.runs()).toEqual(["r1"]);
    expect([await store.find("link"), await store.find("y")]).toEqual([null, null]);
    expect(await store.read({ runId: "r1", seq: 5, id: "link" })).toBeNull();
  });

  it("is not followed where a document or a blob is a symbolic link or a pipe", async () => {
    const { root, store } = await withOne();
    const folder = join(root, "r1/checkpoints/00000002-c2");
    await mkdir(folder);
    await symlink("/etc/passwd", join(folder, "context.json"));
    spawnSync("/usr/bin/env", ["mkfifo", join(folder, "state.json")]);
    await mkdir(join(folder, "meta.json"));
    expect(await store.read({ runId: "r1", seq: 2, id: "c2" })).toEqual({ context: null, state: null, meta: null });
    const digest = "0".repeat(64);
    await symlink("/etc/passwd", join(root, "r1/blobs", digest));
    expect(await store.readBlob("r1", digest)).toBeNull();
  });

  it("is replaced where it stands in the place of a blob with another size", async () => {
    const { root, store } = await withOne();
    const [digest = ""] = recordOf(1, "any", ["old blob"]).blobs.keys();
    await writeFile(join(root, "r1/blobs", digest), "old");
    await put(store, recordOf(2, "c3", ["old blob"]));
    expect(await readFile(join(root, "r1/blobs", digest), "utf8")).toBe("old blob");
  });
});

describe("deleteRun", () => {
  it("hides the run at once, and what could not be removed goes at the next open", async () => {
    const { root } = await withOne();
    const fs = watchedFs((call) => (call === "removeTree" ? systemError("EIO", call) : null));
    await expect(new FileCheckpointStore(root, { fs }).deleteRun("r1")).rejects.toMatchObject({
      outcome: "applied",
      cause: { code: "EIO" },
    });
    const store = new FileCheckpointStore(root);
    expect([await store.runs(), await store.list("r1"), await store.find("c1")]).toEqual([[], [], null]);
    expect(await readdir(root)).toHaveLength(1);
    await store.open();
    expect(await readdir(root)).toEqual([]);
  });

  it("syncs the folder before it removes anything", async () => {
    const { root } = await withOne();
    const log: string[] = [];
    const fs = watchedFs((call) => {
      log.push(call);
      return null;
    });
    const store = new FileCheckpointStore(root, { fs });
    await store.deleteRun("r1");
    const changes = log.filter((call) => !["inspect", "list"].includes(call));
    expect(changes).toEqual(["rename", "syncDirectory", "removeTree"]);
  });

  it("lets a put that it overtakes fail, and the next one start the run afresh", async () => {
    const { root, store } = await withOne();
    let deleted = 0;
    const syncFile = async (file: number): Promise<void> => {
      await systemFs.syncFile(file);
      if (deleted++ === 0) await store.deleteRun("r1");
    };
    const other = new FileCheckpointStore(root, { fs: { ...systemFs, syncFile } });
    await expect(put(other, recordOf(2))).rejects.toMatchObject({ code: "STALE_OWNER", outcome: "not-applied" });
    expect(await other.runs()).toEqual([]);
    await put(other, recordOf(2, "c2", ["old blob", "new blob of c2"]));
    expect(await wholeCheckpoints(other)).toEqual([2]);
  });
});

describe("acquire", () => {
  it.each(["r2", "r1/checkpoints", "r1/blobs", "r1/tmp", "r1/owner", "r1/journal"])(
    "refuses a symbolic link at %s, which no other run is held up by",
    async (place) => {
      const root = await temporaryFolder();
      const outside = await temporaryFolder();
      await mkdir(join(root, "r1"));
      await symlink(outside, join(root, place));
      const store = new FileCheckpointStore(root);
      await store.open();
      await expect(store.acquire(place.slice(0, 2))).rejects.toThrow(CheckpointStorageError);
      await (await store.acquire("r3")).release();
      expect(await readdir(outside)).toEqual([]);
    },
  );
});
