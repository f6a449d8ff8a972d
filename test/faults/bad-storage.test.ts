import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CheckpointKey,
  CheckpointStorageError,
  CheckpointWriteError,
  FileCheckpointStore,
  openCheckpointStore,
  task,
  workflow,
} from "cairnflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemError, watchedFs } from "../file/support.js";
import { wrappedStore } from "../testing/wrapped-store.js";
import { ChildProgram } from "./children.js";
import { committed, INPUT, NAMES, OUTPUT } from "./commit-workflow.js";

let folder = "";
let places = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cairnflow-bad-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const newPlace = (): string => join(folder, `place-${++places}`);

describe("a run whose checkpoints cannot be stored", () => {
  it.each([
    ["a file", async (path: string) => writeFile(path, "x")],
    ["a symbolic link", async (path: string) => symlink(folder, path)],
    ["a symbolic link to nothing", async (path: string) => symlink(join(folder, "nothing"), path)],
    ["a folder whose run is a symbolic link", async (path: string) => mkdir(path).then(() => symlink(folder, join(path, "r1")))],
  ])("fails before any task where the place is %s", async (_, prepare) => {
    const path = newPlace();
    await prepare(path);
    await expectRefused(path);
  });

  it("fails before any task where the place lies below a file or in the process table", async () => {
    const path = newPlace();
    await writeFile(path, "x");
    await expectRefused(join(path, "below"));
    await expectRefused("/proc/cairnflow-checkpoints");
  });

  it("fails before any task where the place cannot be written by this user", async () => {
    const path = newPlace();
    await mkdir(path);
    await chmod(path, 0o555);
    const program = new ChildProgram(new URL("./unprivileged-run.ts", import.meta.url));
    const { output, errors } = await program.start([path]).ended;
    program.remove();
    expect({ output, errors }).toEqual({ output: "CHECKPOINT_STORAGE EACCES, 0 bodies ran", errors: "" });
  });

  async function expectRefused(path: string): Promise<void> {
    let bodies = 0;
    const count = workflow(
      "count",
      task("count", () => ++bodies),
    );
    const error = await count.run(undefined as never, { runId: "r1", checkpoints: path }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CheckpointStorageError);
    expect((error as Error).message).toContain(path);
    expect(bodies).toBe(0);
  }
});

/** A store that fails at one sort of call while it is to store some checkpoints: from the second on, unless said otherwise. */
function failingStore(root: string, code: string, failingCall: string, isHit: (record: CheckpointKey) => boolean = ({ seq }) => seq >= 2) {
  const faults = { fired: 0, isFailing: false };
  const fs = watchedFs((call) => {
    if (!faults.isFailing || call !== failingCall) return null;
    faults.fired++;
    return systemError(code, call);
  });
  const store = wrappedStore(new FileCheckpointStore(root, { fs }), (writer) => ({
    put: async (record) => {
      faults.isFailing = isHit(record);
      await writer.put(record).finally(() => (faults.isFailing = false));
    },
  }));
  return { store, faults };
}

const FAULTS = ["ENOSPC", "EIO", "EMFILE"].flatMap((code) =>
  ["create", "write", "syncFile", "rename"].map((call) => [code, call] as const),
);

describe("a disk that fails while a run is under way", () => {
  it.each(FAULTS)("fails the run with %s at %s, which can be resumed from the checkpoint before", async (code, call) => {
    const root = newPlace();
    const { store, faults } = failingStore(root, code, call);
    const error = await committed.run(INPUT, { runId: "r1", checkpoints: { store, every: "task" } }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CheckpointWriteError);
    expect(error).toMatchObject({ outcome: "not-applied", cause: { code } });
    expect(faults.fired).toBeGreaterThan(0);
    const history = openCheckpointStore(root);
    expect((await history.verify("r1")).map(({ seq, damage }) => ({ seq, damage }))).toEqual([{ seq: 1, damage: null }]);
    expect(await committed.resume({ from: root, runId: "r1" })).toMatchObject({ status: "completed", output: OUTPUT, steps: 3 });
  });

  it.each(FAULTS)('goes on with warnings at %s at %s where onFailure is "warn"', async (code, call) => {
    const { store, faults } = failingStore(newPlace(), code, call);
    const heard: string[] = [];
    const result = await committed.run(INPUT, {
      runId: "r1",
      checkpoints: { store, every: "task", onFailure: "warn" },
      events: {
        checkpointCommitted: ({ checkpoint }) => void heard.push(`committed ${checkpoint.seq}`),
        checkpointFailed: ({ error }) => void heard.push(`failed ${error.code}`),
        warning: ({ code: warned }) => void heard.push(`warning ${warned}`),
      },
    });
    expect(result).toMatchObject({ status: "completed", output: OUTPUT, steps: 3, checkpoint: { seq: 1 } });
    expect(faults.fired).toBeGreaterThan(1);
    const lost = ["failed CHECKPOINT_WRITE", "warning CHECKPOINT_WRITE"];
    expect(heard.slice(0, 3)).toEqual(["committed 1", ...lost]);
    expect(heard.filter((line) => !lost.includes(line))).toEqual(["committed 1"]);
  });

  it('stores the next checkpoint whole after one that failed where onFailure is "warn"', async () => {
    const root = newPlace();
    let attempts = 0;
    const { store, faults } = failingStore(root, "ENOSPC", "write", () => ++attempts === 2);
    await committed.run(INPUT, { runId: "r1", checkpoints: { store, every: "task", onFailure: "warn" } });
    expect(faults.fired).toBeGreaterThan(0);
    const view = await openCheckpointStore(root).latest("r1");
    expect(view?.channel.get("done")).toEqual(NAMES);
    expect((await openCheckpointStore(root).verify("r1")).map(({ damage }) => damage)).toEqual([null, null]);
  });
});
