import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openCheckpointStore, run } from "cairnflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plainLines } from "../../src/cli/terminal.js";
import { sharedRedis } from "../servers/redis.js";
import { type Cairn, cairnProgram } from "./cairn.js";
import { broken, counting, hostile } from "./looks.js";
import { jsonOf, textOf } from "./support.js";

const cairn = cairnProgram();
const store = mkdtempSync(join(tmpdir(), "cairnflow-cli-looking-"));
const released = fileURLToPath(new URL("../../scenarios/first-release/", import.meta.url));
afterAll(() => rmSync(store, { recursive: true, force: true }));

beforeAll(async () => {
  await run(counting, 3, { runId: "r-1", checkpoints: { store, every: "task" } });
  await run(broken, undefined, { runId: "r-2", checkpoints: store }).catch(() => {});
  await run(hostile, undefined, { runId: "r-3", checkpoints: { store, every: "task" } });
});

const asked = (...args: readonly string[]): Cairn => cairn([...args, "--from", store]);

describe("what looks at a store", () => {
  it.each([80, 160])("fits tables into %d columns", async (columns) => {
    const env = { COLUMNS: String(columns), NO_COLOR: "" };
    for (const args of [
      ["runs", "--from", join(released, "orders")],
      ["history", "o-01", "--from", join(released, "orders")],
      ["show", "o-02", "--values", "--from", join(released, "orders")],
      ["show", "iris", "--from", join(released, "training")],
      ["diff", "o-01@1", "o-01", "--from", join(released, "orders")],
      ["verify", "--from", join(released, "orders")],
    ]) {
      const output = await textOf(cairn(args, env));
      expect(Math.max(...output.split("\n").map((line) => line.length))).toBeLessThanOrEqual(columns);
      expect(output).toMatchSnapshot(args.slice(0, 2).join(" ").replace(released, ""));
    }
  });

  it("lists runs, the newest first, with how they stand", async () => {
    const { from, runs } = (await jsonOf(asked("runs", "--json"))) as { from: string; runs: Readonly<Record<string, unknown>>[] };
    expect(from).toBe(store);
    expect(runs.map(({ runId, status }) => [runId, status])).toEqual([
      ["r-3", "completed"],
      ["r-2", "failed"],
      ["r-1", "completed"],
    ]);
    expect(runs[2]).toEqual({
      ...{ runId: "r-1", workflow: "counting", version: 1, status: "completed", owner: null, steps: 5, completed: 5, total: 5 },
      ...{ checkpoints: 5, newest: expect.any(String), updatedAt: expect.any(String), damage: null },
    });
    expect(await textOf(asked("runs", "--workflow", "broken", "--limit", "1"))).toMatch(/^RUN .*\nr-2 .*failed.*\n$/);
  });

  it("shows what a run or a checkpoint holds, its values only when asked", async () => {
    const bare = await jsonOf(asked("show", "r-1@round-2", "--json"));
    expect(bare).toMatchObject({
      name: "round-2",
      seq: 3,
      status: "running",
      steps: 3,
      channel: ["lr", "notes/hostile", "notes"],
      results: ["begin", "count"],
    });
    expect(bare).toMatchObject({
      completed: { begin: 1, count: 2 },
      metrics: { loss: 0.5 },
      tasks: [{ taskId: "count", status: "pending", cycle: 3 }],
    });
    const full = await jsonOf(asked("show", "r-1@round-2", "--json", "--values"));
    expect(full).toMatchObject({ channel: { lr: 0.5, notes: ["round 1", "round 2"] }, results: { begin: 3 }, tasks: [{ input: 3 }] });
    expect(await textOf(asked("show", "r-1"))).not.toContain("round 1");
    expect(await textOf(asked("show", "r-1", "--values"))).toContain("'round 1'");
    const { checkpoint } = await jsonOf(asked("show", "r-1", "--json"));
    expect(await jsonOf(asked("show", String(checkpoint), "--json"))).toMatchObject({ runId: "r-1", status: "completed" });
  });

  it("lists checkpoints, the newest first", async () => {
    const { runId, checkpoints } = (await jsonOf(asked("history", "r-1", "--json"))) as {
      runId: string;
      checkpoints: Readonly<Record<string, unknown>>[];
    };
    expect(runId).toBe("r-1");
    expect(checkpoints.map(({ seq, name }) => [seq, name])).toEqual([
      [5, null],
      [4, "round-3"],
      [3, "round-2"],
      [2, "round-1"],
      [1, null],
    ]);
    expect(checkpoints[1]).toEqual({
      ...{ id: expect.any(String), seq: 4, name: "round-3", createdAt: expect.any(String), reason: "requested", task: "count", cycle: 3 },
      ...{ steps: 4, completed: 4, total: 5, metrics: { loss: 1 / 3 }, bytes: expect.any(Number), pinned: false },
      ...{ parent: checkpoints[2]?.["id"], forkedFrom: null },
    });
    expect((await textOf(asked("history", "r-1", "--limit", "2"))).split("\n")).toHaveLength(4);
  });

  it("shows what differs from one checkpoint to another", async () => {
    const { differences } = (await jsonOf(asked("diff", "r-1@round-1", "r-1@round-2", "--json"))) as { differences: readonly unknown[] };
    expect(differences).toContainEqual({ path: "channel.notes[1]", after: "round 2" });
    expect(differences).toContainEqual({ path: "metrics.loss", before: 1, after: 0.5 });
    const tolerant = await textOf(asked("diff", "r-1@round-1", "r-1@round-2", "--tolerance", "1"));
    expect(tolerant).toContain("channel.notes[1]");
    expect(tolerant).not.toContain("metrics.loss");
    const same = asked("diff", "r-1", "r-1");
    expect(await textOf(same)).toBe("");
    expect(same.errors).toContain("nothing differs");
  });

  it("says why a run stands where it does", async () => {
    expect(await textOf(asked("explain", "r-2"))).toContain('task "break"');
    expect(await jsonOf(asked("explain", "r-2", "--json"))).toMatchObject({
      runId: "r-2",
      status: "failed",
      tasks: [{ taskId: "break", status: "failed" }],
    });
  });

  it("draws graphs of modules and of runs", async () => {
    const text = await textOf(cairn(["graph", "./looks.js", "--workflow", "counting"]));
    expect(text).toBe("counting\n  begin (start) -> count\n  count -> finish\n  finish\n");
    expect(await textOf(asked("graph", "r-1@round-2"))).toContain("count (pending, completed 2) -> finish");
    expect(await textOf(asked("graph", "r-1", "-f", "mermaid"))).toContain("flowchart TD");
    expect(await textOf(asked("graph", "r-1", "-f", "dot"))).toContain("digraph");
    expect(await textOf(asked("graph", "r-1", "-f", "svg"))).toMatch(/^<svg /);
    expect(await jsonOf(asked("graph", "r-1@round-2", "--json"))).toMatchObject({
      name: "counting",
      starts: ["begin"],
      state: { count: { completed: 2, pending: 1, running: 0, failed: 0 } },
    });
    expect(await jsonOf(cairn(["graph", "./looks.js", "--workflow", "counting", "--json"]))).toMatchObject({ state: null });
    const png = join(store, "a.png");
    expect(await jsonOf(asked("graph", "r-1", "-f", "png", "-o", png, "--json"))).toEqual({ file: png, bytes: readFileSync(png).length });
    expect(readFileSync(png).subarray(1, 4).toString()).toBe("PNG");
    rmSync(png);
  });

  it("draws groups of a run as of its module", async () => {
    const from = join(released, "every-kind");
    const [runId] = readdirSync(from);
    const { groups } = await jsonOf(cairn(["graph", String(runId), "--from", from, "--json"]));
    expect(groups).not.toEqual([]);
    expect(await textOf(cairn(["graph", String(runId), "--from", from]))).toMatchSnapshot();
  });

  it("writes a run as a page", async () => {
    const file = join(store, "r-1.html");
    expect(await textOf(asked("report", "r-1", "-o", file, "--with", "r-3"))).toBe(`${file}\n`);
    expect(readFileSync(file, "utf8")).toContain("<svg ");
    expect(await jsonOf(asked("report", "r-1", "-o", file, "--json"))).toEqual({ runId: "r-1", file, bytes: readFileSync(file).length });
    rmSync(file);
    const nowhere = asked("report", "r-1", "-o", "/nowhere/r.html");
    expect([await nowhere.ended, nowhere.output]).toEqual([1, ""]);
    expect(nowhere.errors).toContain("cannot be written (ENOENT)");
  });

  it("writes nothing that a terminal, a page, Mermaid or Graphviz could obey", async () => {
    const every = [
      ...[
        ["show", "r-1", "--values"],
        ["show", "r-2"],
        ["explain", "r-2"],
        ["runs"],
        ["history", "r-3"],
        ["diff", "r-2", "r-1"],
        ["show", "r-3"],
      ],
      ...["text", "mermaid", "dot"].map((format) => ["graph", "r-3", "--format", format]),
      ...[
        ["show", "r-1", "--values", "--json"],
        ["explain", "r-2", "--json"],
        ["diff", "r-2", "r-1", "--json"],
      ],
    ];
    for (const args of every) {
      const output = await textOf(asked(...args));
      expect(plainLines(output), args.join(" ")).toBe(output);
    }
    expect(await textOf(asked("graph", "r-3", "-f", "mermaid"))).not.toMatch(/^\s*click/m);
    expect(await textOf(asked("graph", "r-3", "-f", "dot"))).toContain('digraph "\\"]; click n_only \\"https');
    expect(await textOf(asked("graph", "r-3", "-f", "svg"))).not.toContain("<script");
  });

  it("leaves a store as it is, and makes none", async () => {
    const before = readdirSync(store, { recursive: true }).sort();
    // Whatever is made and removed in it would show in its time.
    const changed = (): number => statSync(store).mtimeMs;
    const changedBefore = changed();
    for (const args of [["runs"], ["show", "r-1"], ["verify"]]) await textOf(asked(...args));
    expect([changed(), readdirSync(store, { recursive: true }).sort()]).toEqual([changedBefore, before]);
    const nowhere = join(store, "nowhere");
    for (const command of [
      "runs",
      "show r-1",
      "history r-1",
      "verify",
      "prune r-1 --keep-last 1",
      "resume r-1 ./looks.js",
      "preflight ./looks.js",
    ]) {
      const place = command.startsWith("preflight") ? [nowhere, "--workflow", "counting"] : ["--from", nowhere];
      const missing = cairn([...command.split(" "), ...place]);
      expect([command, await missing.ended, missing.output]).toEqual([command, 3, ""]);
      expect(missing.errors).toContain("there is no folder");
    }
    expect(readdirSync(store, { recursive: true }).sort()).toEqual(before);
  });

  it.each([
    [["show", "r-11"], 3, 'did you mean "r-1"'],
    [["show", "r-1@round-9"], 3, "round-3"],
    [["show", "nowhere@round-9"], 3, 'there is no run "nowhere"'],
    [["history", "../r-1"], 2, "not a valid id"],
    [["show", "r-1@../x"], 3, "has no checkpoint"],
    [["diff", "r-1"], 2, "missing required argument 'b'"],
    [["diff", "r-1", "r-2", "--tolerance", "-1"], 2, "--tolerance"],
    [["graph", "r-1", "--format", "pdf"], 2, "expected one of text, mermaid, dot, svg, png"],
    [["graph", "r-1", "--format", "png"], 2, "--output"],
    [["runs", "--limit", "0"], 2, "--limit"],
    [["runs", "--from", "memory:"], 2, "no other process can see"],
    [["runs", "--from", "ftp://x"], 2, "scheme"],
  ])("refuses %j with %d", async (args, code, said) => {
    const one = args.includes("--from") ? cairn(args) : asked(...args);
    expect([await one.ended, one.output]).toEqual([code, ""]);
    expect(one.errors).toContain(said);
    expect(one.errors).not.toContain("    at ");
  });
});

describe("a store in Redis", () => {
  const url = sharedRedis();

  it("is looked at by its address, and its password is told to nobody", async () => {
    await run(counting, 2, { runId: "r-redis-cli", checkpoints: { store: url(), every: "task" } });
    const address = url().replace("redis://", "redis://default:hunter2@");
    expect(await jsonOf(cairn(["show", "r-redis-cli@round-1", "--json"], { CAIRN_CHECKPOINTS: url() }))).toMatchObject({ steps: 2 });
    const listed = cairn(["runs", "--from", address, "--json"]);
    await listed.ended;
    expect(listed.output + listed.errors).not.toContain("hunter2");
    await openCheckpointStore(url()).delete("r-redis-cli");
  });
});

describe("a store in which a run has died or is under way", () => {
  it("says so of the run", async () => {
    const process = cairn(["run", "./looks.js", "--workflow", "slow", "--run-id", "r-9", "--every", "task", "-c", join(store, "alive")]);
    await process.says("checkpoint");
    const status = async (): Promise<unknown> =>
      ((await jsonOf(cairn(["runs", "--from", join(store, "alive"), "--json"])))["runs"] as { status: string }[])[0]?.status;
    expect(await status()).toBe("running");
    process.process.kill("SIGKILL");
    await process.ended;
    expect(await status()).toBe("interrupted");
    expect(await openCheckpointStore(join(store, "alive")).runs()).toEqual(["r-9"]);
  });
});
