import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { CairnError, CheckpointCorruptError, CheckpointStorageError, InvalidOptionError } from "../../src/core/errors.js";
import { FileBoardStore, openTaskBoard } from "../../src/task-board/index.js";
import { lineOf } from "../../src/task-board/journal-lines.js";
import { half, watchedFiles } from "./killing-files.js";
import { RemoteAgent } from "./remote-agent.js";
import { boardIn, journalIn, temporaryFolder } from "./support.js";

describe("a board in a folder, when something goes wrong,", () => {
  it("survives a kill at every call of an agent, before, after and in the middle of a write", { timeout: 180_000 }, async () => {
    const killed = { before: 0, after: 0, half: 0 };
    for (const how of ["before", "after", "half"] as const) {
      for (let call = 1; ; call++) {
        const [folder, ledger] = [temporaryFolder(), join(temporaryFolder(), "ledger")];
        appendFileSync(ledger, "");
        const board = await boardIn(folder);
        await board.create("t", 0, { id: "a" });
        const isKilled = await RemoteAgent.killedAt(folder, "killed", call, how, { what: "work", lease: "1ms", ledger });
        const isConfirmed = readFileSync(ledger, "utf8").includes("completed a");
        await delay(5);
        const other = await boardIn(folder);
        const task = await other.claim("other");
        const found = await board.get("a");
        if (isConfirmed) expect(task, `${how} call ${call}`).toBeNull();
        if (task === null) expect(found, `${how} call ${call}`).toMatchObject({ status: "done", result: "killed" });
        else await other.complete("a", "other", { status: "done", result: "other" });
        expect((await board.result("a")) === "killed", `${how} call ${call}`).toBe(task === null);
        expect(await (await boardIn(folder)).list()).toEqual(await board.list());
        if (!isKilled) break;
        killed[how]++;
      }
    }
    // Opening the folder and the file, then inspecting, writing, reading and syncing for a claim and for its completion.
    expect(Math.min(killed.before, killed.after)).toBeGreaterThan(10);
    expect(killed.half).toBe(2);
    console.log(`killed: ${JSON.stringify(killed)}`);
  });

  it.each(["EIO", "ENOSPC"])("fails whole with %s at every call, and goes on when it is opened again", async (code) => {
    let fired = 0;
    for (let at = 1; ; at++) {
      const folder = temporaryFolder();
      let count = 0;
      const files = watchedFiles((name, call) => {
        if (++count !== at || name === "close") return call();
        fired++;
        const error = Object.assign(new Error(`${code}: injected, ${name}`), { code });
        if (name === "sync") return Promise.reject(error);
        throw error;
      });
      const before = fired;
      const error = await (async () => {
        const board = await boardIn(folder, { files });
        await board.create("t", 0, { id: "a" });
        await board.claim("x");
        await board.complete("a", "x", { status: "done" });
        return null;
      })().catch((thrown: unknown) => thrown);
      if (fired === before) break;
      expect(error, `call ${at}`).toBeInstanceOf(CheckpointStorageError);
      expect((error as CairnError).message).toContain(code);
      const board = await boardIn(folder);
      await board.create("t", 0, { id: "a" });
      if ((await board.get("a"))?.status !== "done") {
        await board.claim("x");
        await board.complete("a", "x", { status: "done" });
      }
      expect((await board.list()).map(({ id, status }) => `${id} ${status}`)).toEqual(["a done"]);
    }
    expect(fired).toBeGreaterThan(12);
  });

  it("takes nothing of a write that found no room, and goes on after it", async () => {
    const folder = temporaryFolder();
    let isFull = false;
    const files = watchedFiles((name, call, args) => {
      if (name !== "append" || !isFull) return call();
      return (appendFileSync(args[0] as number, half(args[1] as Uint8Array)), (args[1] as Uint8Array).length >> 1);
    });
    const [board, other] = [await boardIn(folder, { files }), await boardIn(folder)];
    isFull = true;
    await expect(board.create("t", 0, { id: "a" })).rejects.toThrow(/found room for \d+ of \d+ bytes/);
    expect(await board.get("a")).toBeNull();
    isFull = false;
    await other.create("t", 0, { id: "b" });
    await board.create("t", 0, { id: "c" });
    for (const one of [board, other, await boardIn(folder)]) expect((await one.list()).map(({ id }) => id)).toEqual(["b", "c"]);
  });

  it("never uses a file again whose sync has failed", async () => {
    let fails = false;
    const files = watchedFiles((name, call) => (name === "sync" && fails ? Promise.reject(new Error("EIO")) : call()));
    const board = await boardIn(temporaryFolder(), { files });
    fails = true;
    const ends = await Promise.allSettled([board.create("t", 0, { id: "a" }), board.create("t", 0, { id: "b" })]);
    for (const end of ends) expect(end).toMatchObject({ status: "rejected", reason: { outcome: "unknown" } });
    fails = false;
    await expect(board.get("a")).rejects.toThrow(CheckpointStorageError);
    await expect(board.create("t")).rejects.toThrow(CheckpointStorageError);
  });

  it("refuses a damaged file, and says where, whether it was open or not", async () => {
    const folder = temporaryFolder();
    const board = await boardIn(folder);
    await board.create("t", 0, { id: "a" });
    const whole = readFileSync(journalIn(folder)).length;
    appendFileSync(journalIn(folder), "\nnot a line that any board has written");
    const store = new FileBoardStore(folder);
    for (const use of [() => board.get("a"), () => board.create("t"), () => openTaskBoard(store, { name: "race" })])
      await expect(use()).rejects.toThrow(`${journalIn(folder)} is damaged at byte ${whole}`);
    truncateSync(journalIn(folder), whole);
    expect((await (await openTaskBoard(store, { name: "race" })).get("a"))?.status).toBe("pending");
    await store.close();
  });

  it.each([
    ["no JSON", "{"],
    ["no fields", "{}"],
    ["a list", "[]"],
    ["another command", '{"token":"x","now":1,"kind":"format"}'],
    ["an id that is none", '{"token":"x","now":1,"kind":"cancel","id":"../a"}'],
    ["a time that is none", '{"token":"x","now":"1","kind":"cancel","id":"a"}'],
  ])("refuses a whole line that holds %s", async (_what, text) => {
    const folder = temporaryFolder();
    const board = await boardIn(folder);
    await board.create("t", 0, { id: "a" });
    appendFileSync(journalIn(folder), lineOf(text));
    await expect(board.get("a")).rejects.toThrow(CheckpointCorruptError);
    await expect(board.get("a")).rejects.toThrow(CheckpointCorruptError);
  });

  it("notices that its file was cut, removed or replaced", async () => {
    for (const harm of [
      (path: string) => truncateSync(path, 10),
      (path: string) => rmSync(path),
      (path: string) => (writeFileSync(`${path}.new`, ""), renameSync(`${path}.new`, path)),
    ]) {
      const folder = temporaryFolder();
      const board = await boardIn(folder);
      await board.create("t", 0, { id: "a" });
      harm(journalIn(folder));
      await expect(board.create("t")).rejects.toThrow(CairnError);
      await expect(board.get("a")).rejects.toThrow(CairnError);
    }
  });

  it("refuses what is no folder or no file of its own", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "file");
    writeFileSync(file, "precious");
    await expect(boardIn(file)).rejects.toThrow(CheckpointStorageError);
    await expect(boardIn(join(file, "below"))).rejects.toThrow(CheckpointStorageError);
    symlinkSync(temporaryFolder(), join(folder, "race"));
    await expect(boardIn(folder)).rejects.toThrow(CheckpointStorageError);
    rmSync(join(folder, "race"));
    mkdirSync(join(folder, "race"));
    symlinkSync(file, journalIn(folder));
    await expect(boardIn(folder)).rejects.toThrow(CheckpointStorageError);
    expect(readFileSync(file, "utf8")).toBe("precious");
    for (const place of ["", "a\0b", 7, null]) expect(() => new FileBoardStore(place as string)).toThrow(InvalidOptionError);
  });
});
