import { readdirSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RunOwnedError, StaleOwnerError } from "../../src/core/errors.js";
import { systemFs } from "../../src/file/durable-fs.js";
import { giveBack, takeName } from "../../src/file/temporary-names.js";
import { agedFs, nameFrom, renameOwner } from "./foreign-owners.js";
import { OwnerProgram } from "./owner-child.js";
import { leftIn, openedStore, put, recordOf, systemError, temporaryFolder, watchedFs } from "./support.js";

let program: OwnerProgram;
beforeAll(() => {
  program = new OwnerProgram();
});
afterAll(() => program.remove());

describe("a run", () => {
  it("is kept while its owner is stopped, without any sign of life, and can be had once that one is dead", async () => {
    const root = await temporaryFolder();
    const [child, store] = [program.start(root, "hold"), await openedStore(root, agedFs(3_600))];
    await child.stopped();
    const owner = await store.owner("r1");
    expect(owner).toMatchObject({ epoch: 1, isAlive: true, description: expect.stringMatching(/^process \d+ on host [0-9a-f]{6}$/) });
    expect(owner?.description).toContain(`process ${child.pid} on`);
    await expect(store.acquire("r1")).rejects.toThrow(RunOwnedError);
    await child.kill();
    expect(await store.owner("r1")).toEqual({ ...owner, isAlive: false });
    expect((await store.acquire("r1")).epoch).toBe(2);
  });

  it("belongs to one thread of a process, also when that has ended, until it is taken over", async () => {
    const root = await temporaryFolder();
    const store = await openedStore(root);
    const thread = new Worker(program.path, { argv: [root, "thread"] });
    await new Promise((resolve) => thread.once("message", resolve));
    await expect(store.acquire("r1")).rejects.toThrow(RunOwnedError);
    await thread.terminate();
    await expect(store.acquire("r1")).rejects.toThrow(RunOwnedError);
    expect((await store.acquire("r1", { takeOver: true })).epoch).toBe(2);
  });

  it.each([
    ["is taken from a process of an earlier boot", nameFrom("boot"), 0, true],
    ["is taken from a process that ended and whose id was given to another", nameFrom("start"), 0, true],
    ["is left to a process of this machine that has not been heard of for an hour", nameFrom(), 3_600, false],
    ["is left to a process of another machine that was heard of just now", nameFrom("host", "boot"), 0, false],
    ["is left to a process of another machine within its lease", nameFrom("host", "boot"), 28, false],
    ["is taken from a process of another machine after its lease", nameFrom("host", "boot"), 31, true],
    ["is left to a process of another container that was heard of just now", nameFrom("container"), 0, false],
    ["is taken from a process of another container after its lease", nameFrom("container"), 31, true],
  ])("%s", async (_, name, ageSeconds, isTaken) => {
    const root = await temporaryFolder();
    const store = await openedStore(root, agedFs(ageSeconds));
    await store.acquire("r1");
    renameOwner(root, name);
    expect(await store.owner("r1")).toMatchObject({ epoch: 1, isAlive: !isTaken });
    if (isTaken) expect((await store.acquire("r1")).epoch).toBe(2);
    else await expect(store.acquire("r1")).rejects.toThrow(RunOwnedError);
  });

  it("of another machine is kept by each commit and each renewal", async () => {
    const root = await temporaryFolder();
    const writer = await (await openedStore(root)).acquire("r1");
    const folder = join(root, "r1/owner");
    const lastHeard = () => systemFs.inspect(join(folder, readdirSync(folder)[0] as string))?.changedMs ?? 0;
    const times = [lastHeard()];
    for (const act of [() => writer.renew(), () => writer.put(recordOf(1)), () => writer.renew(), () => writer.countResume("1")]) {
      // Times of files go forward by a few milliseconds each.
      await new Promise((resolve) => setTimeout(resolve, 20));
      await act();
      times.push(lastHeard());
    }
    expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
    expect(await leftIn(root)).toEqual([]);
  });

  it("stays with the writer of a store that was closed", async () => {
    const root = await temporaryFolder();
    const store = await openedStore(root);
    const writer = await store.acquire("r1");
    await store.close();
    await expect((await openedStore(root)).acquire("r1")).rejects.toThrow(RunOwnedError);
    await writer.put(recordOf(1));
    await writer.release();
  });

  it("is acquired in epochs that count on, whatever else lies in its folder of owners", async () => {
    const root = await temporaryFolder();
    const store = await openedStore(root);
    await (await store.acquire("r1")).release();
    const folder = join(root, "r1/owner");
    for (const name of ["notes", "7-notes", "0-free", "01-free", "99999999999999999-free", "9-free.txt"]) await mkdir(join(folder, name));
    await writeFile(join(folder, "8-free"), "");
    expect((await store.acquire("r1")).epoch).toBe(2);
  });

  it("whose folder of owners holds something else and no owner is refused, with what to do", async () => {
    const root = await temporaryFolder();
    const store = await openedStore(root);
    await mkdir(join(root, "r1/owner/notes"), { recursive: true });
    expect(await store.owner("r1")).toBeNull();
    await expect(store.acquire("r1")).rejects.toMatchObject({
      code: "CHECKPOINT_STORAGE",
      message: expect.stringContaining("remove what"),
    });
  });

  it("that nobody has acquired has no folder after it was asked about", async () => {
    const root = await temporaryFolder();
    const store = await openedStore(root);
    for (const ask of [store.owner("r1"), store.readJournal("r1", 1), store.list("r1"), store.pins("r1")]) await ask;
    expect(await readdir(root)).toEqual([]);
  });

  it("that was acquired and let go of without a commit is no run yet", async () => {
    const root = await temporaryFolder();
    const store = await openedStore(root);
    await (await store.acquire("r1")).release();
    expect([await store.runs(), await store.owner("r1"), await leftIn(root)]).toEqual([[], null, []]);
  });
});

describe("the next owner of a run", () => {
  it("sweeps what dead processes left, and nothing else", async () => {
    const root = await temporaryFolder();
    const tmp = join(root, "r1/tmp");
    const [dead, alive, otherThread] = [nameFrom("start"), takeName(), nameFrom()];
    for (const name of [dead, alive, otherThread, "notes"]) await mkdir(join(tmp, name, "inner"), { recursive: true });
    await put(await openedStore(root), recordOf(1));
    expect((await readdir(tmp)).sort()).toEqual([alive, otherThread, "notes"].sort());
    giveBack(alive);
  });

  it("fails rather than leave what a replaced one might still publish", async () => {
    const root = await temporaryFolder();
    const store = await openedStore(root);
    const old = await store.acquire("r1");
    await mkdir(join(root, "r1/owner", readdirSync(join(root, "r1/owner"))[0] as string, "1-1"));
    let fired = 0;
    const fs = watchedFs((call, path) => (call === "rename" && path.endsWith("/1-1") && ++fired > 0 ? systemError("EIO", call) : null));
    const other = await openedStore(root, fs);
    await expect(other.acquire("r1", { takeOver: true })).rejects.toMatchObject({ code: "CHECKPOINT_STORAGE", cause: { code: "EIO" } });
    expect(fired).toBe(1);
    await expect(old.put(recordOf(1))).rejects.toThrow(StaleOwnerError);
    expect((await store.acquire("r1")).epoch).toBe(3);
    expect(await leftIn(root)).toEqual([]);
  });
});
