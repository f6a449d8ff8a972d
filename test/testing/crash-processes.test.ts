import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidOptionError } from "cairnflow";
import { crashMatrix } from "cairnflow/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const target = {
  module: new URL("./crash-module.ts", import.meta.url),
  export: "counting",
  // The sources, not what was built of them.
  execArgv: ["--import", "tsx"],
  env: { TSX_TSCONFIG_PATH: join(root, "test/tsconfig.examples.json") },
};

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cairnflow-crash-processes-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a run in a process that is killed by SIGKILL", { timeout: 120_000 }, () => {
  it("ends as if nothing had happened, wherever it is killed", async () => {
    const store = join(folder, "green");
    const report = await crashMatrix(target, { input: 1, store, limit: 4, seed: 20 });
    report.assertGreen();
    expect(report.cells.map(({ killed }) => killed)).toEqual(Array.from({ length: 4 }, () => true));
    expect(report.cells.filter(({ when }) => when === "torn").map(({ boundary }) => boundary.split(",")[0])).toEqual([
      "1st put",
      "2nd append",
    ]);
    expect(report.total).toBeGreaterThan(25);
    expect(await readdir(store)).toEqual([]);
  });

  it("is found to end differently if it hangs on its process", async () => {
    const report = await crashMatrix({ ...target, export: "changing" }, { input: 1, store: join(folder, "red"), limit: 1 });
    expect(report.broken).toMatchObject([{ killed: true, outcome: "different" }]);
    expect(report.broken[0]?.problem).toContain("the result differs");
  });

  it("is refused if its module has no such export, which the error names", async () => {
    const wrong = crashMatrix({ ...target, export: "other" }, { input: 1, store: join(folder, "wrong") });
    await expect(wrong).rejects.toThrow('exports "changing", "counting": expected "other"');
  });
});

describe("a target in a module", () => {
  const bad: readonly (readonly [string, object, object, string])[] = [
    ["that is no address", { module: "./flow.js" }, {}, 'target.module is "./flow.js"'],
    ["without the name of an export", { export: "" }, {}, 'target.export is ""'],
    ["with arguments of no sort", { execArgv: "tsx" }, {}, 'target.execArgv is "tsx"'],
    ["with an unknown option", { args: [] }, {}, 'target has no option "args"'],
    ["with a store in memory", {}, { store: "memory:" }, 'option store is "memory:": expected a folder'],
    ["with mocks", {}, { mocks: {} }, "option mocks is given for a target in a module"],
    ["with a clock", {}, { clock: () => ({}) }, "option clock is given for a target in a module"],
  ];
  it.each(bad)("%s is refused", async (_, change, options, says) => {
    const refused = crashMatrix({ ...target, ...change }, { input: 1, store: folder, ...options } as never);
    await expect(refused).rejects.toThrow(InvalidOptionError);
    await expect(crashMatrix({ ...target, ...change }, { input: 1, store: folder, ...options } as never)).rejects.toThrow(says);
  });
});
