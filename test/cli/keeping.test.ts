import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCheckpointStore, run } from "cairnflow";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { type Cairn, cairnProgram } from "./cairn.js";
import { counting } from "./looks.js";
import { jsonOf, textOf } from "./support.js";

const cairn = cairnProgram();
const folder = mkdtempSync(join(tmpdir(), "cairnflow-cli-keeping-"));
let store = "";
let count = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(async () => {
  store = join(folder, `store-${count++}`);
  await run(counting, 3, { runId: "r-1", checkpoints: { store, every: "task" } });
});

const asked = (...args: readonly string[]): Cairn => cairn([...args, "--from", store]);

/** Changes a document of the newest checkpoint of the run. */
function edit(file: string, change: (text: string) => string): void {
  const checkpoints = join(store, "r-1", "checkpoints");
  const path = join(checkpoints, readdirSync(checkpoints).sort().at(-1) as string, file);
  writeFileSync(path, change(readFileSync(path, "utf8")));
}

describe("cairn verify", () => {
  it("ends with 0 if all is whole, and with 1 and what is wrong if something is damaged", async () => {
    const whole = asked("verify", "r-1");
    expect([await textOf(whole), whole.errors]).toEqual(["", "cairn: 5 of 5 checkpoints of 1 runs are whole\n"]);
    edit("state.json", (text) => text.replace("r-1", "r-2"));
    expect(await textOf(asked("verify"), 1)).toMatch(/^RUN .*\nr-1 +5 .*state\.json/);
    expect(await jsonOf(asked("verify", "--json"), 1)).toMatchObject({
      ok: false,
      runs: [
        {
          runId: "r-1",
          ok: false,
          checkpoints: [{ seq: 5, damage: expect.stringContaining("state.json") }, { seq: 4, damage: null }, {}, {}, {}],
        },
      ],
    });
    const runs = asked("runs");
    expect(await textOf(runs, 1)).toContain("damaged");
    expect(runs.errors).toContain("run r-1 cannot be read");
    expect(await jsonOf(asked("show", "r-1@4", "--json"))).toMatchObject({ name: "round-3" });
    expect(await textOf(asked("show", "r-1"), 1)).toBe("");
  });

  it("tells a store of a newer format from a damaged one", async () => {
    const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
    let [context, bytes] = ["", 0];
    edit("context.json", (text) => {
      context = text.replace(/"formatVersion": ?\d+/, '"formatVersion":99');
      bytes = Buffer.byteLength(context);
      return context;
    });
    edit("meta.json", (text) => {
      const written = text.replace(/("context": \{\s*"sha256": )"\w+"(,\s*"bytes": )\d+/, `$1"${digest(context)}"$2${bytes}`);
      const body = `{${written.slice(written.indexOf("\n") + 1)}`;
      return `{"sha256":"${digest(body)}",\n${body.slice(1)}`;
    });
    const found = asked("show", "r-1");
    expect(await textOf(found, 1)).toBe("");
    expect(found.errors).toContain("formatVersion is 99");
  });
});

describe("cairn prune, cairn pin and cairn unpin", () => {
  it("keep what they are told to", async () => {
    const pinned = await textOf(asked("pin", "r-1@round-1"));
    expect(await jsonOf(asked("prune", "r-1", "--keep-last", "1", "--json"))).toMatchObject({
      runs: [{ runId: "r-1", removed: 3, left: 2 }],
    });
    const names = async () => (await openCheckpointStore(store).list("r-1")).map(({ name, pinned: isPinned }) => [name, isPinned]);
    expect(await names()).toEqual([
      [null, false],
      ["round-1", true],
    ]);
    expect(await jsonOf(asked("unpin", pinned.trim(), "--json"))).toEqual({ runId: "r-1", checkpoint: pinned.trim(), pinned: false });
    expect(await textOf(asked("prune", "--all", "--keep-last", "1"))).toMatch(/^RUN +REMOVED +LEFT\nr-1 +1 +1\n$/);
  });

  it("keep the best by a metric", async () => {
    await textOf(asked("prune", "r-1", "--keep-best", "loss:max:1"));
    expect((await openCheckpointStore(store).list("r-1")).map(({ name }) => name)).toEqual([null, "round-1"]);
  });

  it.each([
    [["prune", "r-1"], 2, "was not told what to keep"],
    [["prune", "--keep-last", "1"], 2, "--all"],
    [["prune", "r-1", "--all", "--keep-last", "1"], 2, "--all"],
    [["prune", "r-1", "--keep-best", "loss"], 2, "--keep-best"],
    [["prune", "r-1", "--keep-last", "many"], 2, "--keep-last"],
    [["prune", "r-2", "--keep-last", "1"], 3, "did you mean"],
    [["pin", "r-1@nowhere"], 3, "has no checkpoint"],
    [["verify", "r-2"], 3, "did you mean"],
  ])("refuse %j with %d, and remove nothing", async (args, code, said) => {
    const one = asked(...args);
    expect([await one.ended, one.output]).toEqual([code, ""]);
    expect(one.errors).toContain(said);
    expect(await openCheckpointStore(store).list("r-1")).toHaveLength(5);
  });
});

describe("cairn preflight", () => {
  const preflight = (...args: readonly string[]): Cairn => cairn(["preflight", "./looks.js", "--workflow", "counting", ...args]);

  it("ends with 0 if all checkpoints fit, and with 1 and why not if one does not", async () => {
    expect(await textOf(preflight(store))).toMatch(/^FIT .*\nfits /);
    expect(await jsonOf(preflight(store, "--newest", "--json"))).toMatchObject({
      ok: true,
      checkpoints: [{ runId: "r-1", seq: 5, fit: "fits" }],
    });
    const wrong = cairn(["preflight", "./looks.js", store, "--workflow", "slow", "--json"]);
    expect(await jsonOf(wrong, 1)).toMatchObject({ ok: false, checkpoints: [{ fit: "refused" }, {}, {}, {}, {}] });
    const all = preflight(join(store, "**"));
    expect(await textOf(all)).toContain("fits");
  });

  it("runs mocks in place of bodies", async () => {
    writeFileSync(join(cairn.folder, "mocks.js"), 'export const mocks = { finish: () => { throw new Error("mocked"); } };');
    const found = await jsonOf(preflight(store, "--newest", "--mocks", "./mocks.js", "--json"));
    expect(found).toMatchObject({ ok: true });
    const mocked = await jsonOf(cairn(["preflight", "./looks.js", store, "--workflow", "counting", "--mocks", "./mocks.js", "--json"]), 1);
    expect(mocked["checkpoints"]).toContainEqual(
      expect.objectContaining({ seq: 4, fit: "failed", problem: expect.stringContaining("mocked") }),
    );
  });

  it("fails where there is no checkpoint, and refuses a module without mocks", async () => {
    cpSync(join(store, "r-1", "blobs"), join(folder, "empty", "blobs"), { recursive: true });
    expect(await jsonOf(preflight(join(folder, "empty"), "--json"), 1)).toEqual({ ok: false, checkpoints: [] });
    const refused = preflight(store, "--mocks", "./looks.js");
    expect(await refused.ended).toBe(2);
    expect(refused.errors).toContain("exports no mocks");
    const nowhere = preflight();
    expect(await nowhere.ended).toBe(2);
  });
});
