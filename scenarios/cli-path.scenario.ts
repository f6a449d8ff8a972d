import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Terminal } from "./support/terminal.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const program = join(root, "dist/cli/cairn.js");
const folder = mkdtempSync(join(tmpdir(), "cairnflow-cli-path-"));
let terminal: Terminal;

beforeAll(async () => {
  if (!existsSync(program)) throw new Error("dist/cli/cairn.js is missing: run `npm run build` first");
  terminal = await Terminal.open(
    root,
    `cairn() { "${process.execPath}" "${program}" "$@"; }; export CAIRN_CHECKPOINTS=${folder}/checkpoints; unset NO_COLOR COLUMNS`,
  );
});

afterAll(async () => {
  await terminal?.close();
  rmSync(folder, { recursive: true, force: true });
});

const INPUT = `'{"epochs": 60, "batchSize": 6, "learningRate": 0.3, "restMs": 5}'`;

describe("a new user in a terminal", () => {
  it("runs the training example, stops it with Ctrl-C, looks at it, and goes on with it to its end", { timeout: 120_000 }, async () => {
    await terminal.begins(`cairn run examples/training-loop/training.ts --run-id iris --input ${INPUT}`);
    await terminal.shows(/epoch 1[2-9]|epoch [2-5]\d/);
    await terminal.presses("C-c");
    const stopped = await terminal.ended();
    expect(stopped.code).toBe(4);
    expect(stopped.screen).toContain("got SIGINT: lets the tasks under way end, then stores a checkpoint; once more ends at once");
    expect(stopped.screen).toMatch(
      /to go on:\n {2}cairn resume iris examples\/training-loop\/training.ts --workflow iris-training --from /,
    );

    const runs = await terminal.runs("cairn runs");
    expect(runs.screen).toMatch(/^iris +iris-training +paused +\d+ +(\d+)\/\d+ +\d/m);
    const show = await terminal.runs("cairn show iris");
    expect(show.screen).toMatch(/^status +paused$/m);
    expect(show.screen).toMatch(/^train +pending/m);
    const history = await terminal.runs("cairn history iris");
    expect(history.screen).toMatch(/^ *\d+ +\w{21} .* signal /m);
    expect(history.screen).toMatch(/^ *1 +\w{21} .* train 10 .* requested /m);
    const diff = await terminal.runs("cairn diff iris@1 iris");
    expect(diff.screen).toContain("channel.history[10]");

    const resumed = await terminal.runs("cairn resume iris examples/training-loop/training.ts > /dev/null");
    expect(resumed.code).toBe(0);
    expect((await terminal.runs("cairn runs")).screen).toMatch(/^iris +iris-training +completed +62 /m);
    expect((await terminal.runs("cairn graph iris")).screen).toContain("train (completed 60) -> evaluate");
    const report = await terminal.runs(`cairn report iris -o ${folder}/iris.html`);
    expect(report.code).toBe(0);
    expect(readFileSync(join(folder, "iris.html"), "utf8")).toContain("Run iris of iris-training");
    for (const { screen } of [runs, show, history, diff])
      expect(Math.max(...screen.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
  });
});
