import { spawn } from "node:child_process";
import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { mkdir, readdir, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CheckpointWriteError, SequenceTakenError } from "../../src/core/errors.js";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { takeName } from "../../src/file/temporary-names.js";
import { recordOf, systemError, temporaryFolder, watchedFs, wholeCheckpoints } from "./support.js";
import { transpile } from "./transpile.js";

let code = "";
let racer = "";

beforeAll(() => {
  code = mkdtempSync(join(tmpdir(), "cairnflow-racer-"));
  racer = transpile(new URL("./racing-writer.ts", import.meta.url), code);
});
afterAll(() => rmSync(code, { recursive: true, force: true }));

async function opened(root: string): Promise<FileCheckpointStore> {
  const store = new FileCheckpointStore(root);
  await store.open();
  return store;
}

/** A writer that stops for good where it would publish, and says so; the caller must kill it. */
function startRacer(root: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [racer, root, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const output = new Promise<string>((resolve) => {
    let text = "";
    child.stdout.on("data", (data) => {
      text += data;
      if (text.endsWith("\n")) resolve(text.trim());
    });
    child.on("close", () => resolve(text.trim()));
  });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  return { child, output, ended };
}

/** A name as a writer of some other place would have made it. */
function nameFrom(change: (parts: string[]) => void): string {
  const parts = takeName().split("-");
  change(parts);
  return parts.join("-");
}

describe("a claim on a seq", () => {
  it("lets one of four processes have each seq", { timeout: 60_000 }, async () => {
    const root = await temporaryFolder();
    const store = await opened(root);
    const writers = ["a", "b", "c", "d"].map((who) => startRacer(root, "race", who));
    const won = (await Promise.all(writers.map(({ output }) => output))).map((text) => JSON.parse(text) as string[]);
    const ids = (await store.list("r1")).map(({ id }) => id);
    expect((await wholeCheckpoints(store)).join()).toBe(Array.from({ length: 20 }, (_, n) => n + 1).join());
    expect(won.flat().sort()).toEqual([...ids].sort());
    expect(await readdir(join(root, "r1/tmp"))).toEqual([]);
  });

  it("is kept while its process is stopped and taken over once it is dead", { timeout: 30_000 }, async () => {
    const root = await temporaryFolder();
    const store = await opened(root);
    const { child, output, ended } = startRacer(root, "stop", "a");
    expect(await output).toBe("stopped");
    await expect(store.put(recordOf(1, "b"))).rejects.toThrow(SequenceTakenError);
    expect(await readdir(join(root, "r1/tmp"))).toHaveLength(1);
    child.kill("SIGKILL");
    await ended;
    await store.put(recordOf(1, "b"));
    expect(await wholeCheckpoints(store)).toEqual([1]);
    expect(await readdir(join(root, "r1/tmp"))).toEqual([]);
  });

  it("cannot be published by an owner from whom it was taken", async () => {
    const root = await temporaryFolder();
    let taken = 0;
    const fs = watchedFs((call, path) => {
      if (call === "rename" && /claim-\d+\/./.test(path) && taken++ === 0) renameSync(path, `${root}/elsewhere`);
      return null;
    });
    const store = new FileCheckpointStore(root, { fs });
    await store.open();
    await expect(store.put(recordOf(1))).rejects.toThrow(SequenceTakenError);
    expect(taken).toBe(1);
    expect(await store.list("r1")).toEqual([]);
  });

  it.each([
    ["is taken from a process of an earlier boot", 1, 0, true],
    ["is taken from a process that ended and whose id was given to another", 4, 0, true],
    ["is left to an unseen process of another machine for a while", 0, 0, false],
    ["is taken from an unseen process of another machine after a while", 0, 60, true],
    ["is left to an unseen process of another container for a while", 2, 0, false],
  ])("%s", async (_, part, ageSeconds, takenOver) => {
    const root = await temporaryFolder();
    const store = await opened(root);
    const name = nameFrom((parts) => {
      parts[part] = part === 4 ? "1" : "000000";
      parts[5] = "00000000";
    });
    const inner = join(root, "r1/tmp/claim-00000001", name);
    await mkdir(inner, { recursive: true });
    const then = new Date(Date.now() - ageSeconds * 1000);
    await utimes(inner, then, then);
    const put = store.put(recordOf(1));
    if (takenOver) await put;
    else await expect(put).rejects.toThrow(SequenceTakenError);
    expect(await wholeCheckpoints(store)).toEqual(takenOver ? [1] : []);
  });

  it("given up by a failed put whose cleaning up failed is free for the next put", async () => {
    const root = await temporaryFolder();
    let broken = true;
    const store = new FileCheckpointStore(root, {
      fs: watchedFs((call) => (broken && ["syncFile", "removeTree", "removeDirectory"].includes(call) ? systemError("EIO", call) : null)),
    });
    await store.open().catch(() => null);
    await expect(store.put(recordOf(1, "c1", ["blob"]))).rejects.toThrow(CheckpointWriteError);
    expect((await readdir(join(root, "r1/tmp"))).length).toBeGreaterThan(1);
    broken = false;
    await store.put(recordOf(1));
    expect(await readdir(join(root, "r1/tmp"))).toEqual([]);
  });
});

describe("the first put of a run", () => {
  it("sweeps what dead processes left, and nothing else", async () => {
    const root = await temporaryFolder();
    const tmp = join(root, "r1/tmp");
    const dead = nameFrom((parts) => {
      parts[4] = "1";
      parts[5] = "00000000";
    });
    const alive = takeName();
    const otherThread = nameFrom((parts) => (parts[5] = "00000000"));
    for (const name of [dead, alive, otherThread, "notes", `claim-00000009/${dead}`, `claim-00000008/${alive}`, "claim-00000007"]) {
      await mkdir(join(tmp, name), { recursive: true });
    }
    const store = await opened(root);
    await store.put(recordOf(1));
    expect((await readdir(tmp)).sort()).toEqual([alive, otherThread, "notes", "claim-00000008"].sort());
  });
});
