import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chain, each, run, type TaskContext, task, workflow } from "cairnflow";
import { boardHandler, openTaskBoard } from "cairnflow/task-board";
import { afterAll, describe, expect, it } from "vitest";
import type { Draft, Verdict } from "./support/reviews.js";

const folder = mkdtempSync(join(tmpdir(), "cairnflow-agents-"));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** An agent in a process of its own. */
class Agent {
  readonly claims: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #heard: () => void = () => {};

  constructor(name: string, ...more: readonly string[]) {
    const path = fileURLToPath(new URL("support/agent-process.ts", import.meta.url));
    const env = { ...process.env, TSX_TSCONFIG_PATH: fileURLToPath(new URL("tsconfig.json", import.meta.url)) };
    this.#child = spawn(process.execPath, ["--import", "tsx", path, folder, name, ...more], { env, stdio: ["ignore", "pipe", "inherit"] });
    children.push(this.#child);
    this.#ended = new Promise((resolve) => this.#child.on("exit", resolve));
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      this.claims.push(line);
      this.#heard();
    });
  }

  /** Resolves when it has said so many things. */
  async said(count: number): Promise<void> {
    while (this.claims.length < count) await new Promise<void>((resolve) => (this.#heard = resolve));
  }

  end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return this.#ended;
  }
}

const drafts = task("drafts", (_ctx: TaskContext, count: number): Draft[] =>
  Array.from({ length: count }, (_, n) => ({ title: `draft ${n}`, words: 50 * n })),
);
/** Done by agents outside: this body is never called. */
const review = task("review", { handler: "board" }, (_ctx: TaskContext, _draft: Draft): Verdict => {
  throw new RangeError("reviews are done by agents");
});
const publish = task("publish", (_ctx: TaskContext, verdicts: readonly Verdict[]) => verdicts.filter(({ isGood }) => isGood));
const press = workflow("press", chain(drafts, each(review), publish));

describe("a run that hands its reviews to agents in other processes", { timeout: 60_000 }, () => {
  it("ends right although one of them is killed in the middle of a review", async () => {
    const board = await openTaskBoard(folder, { name: "reviews" });
    const killed = new Agent("killed", "hangs");
    const running = run(press, 6, { handlers: { board: boardHandler(board) } });
    await killed.said(2);
    // Only now, as it might have done everything before the other had its first.
    const other = new Agent("other");
    await other.said(2);
    await killed.end("SIGKILL");
    const { output } = await running;
    expect(output.map(({ title, by }) => `${title} by ${by}`)).toEqual(["draft 3 by other", "draft 4 by other", "draft 5 by other"]);
    expect(other.claims).toContain(killed.claims[1]);
    const { byStatus } = await board.summary();
    expect(byStatus).toMatchObject({ pending: 0, claimed: 0, done: 6, failed: 0, cancelled: 0 });
    const claims = (await board.list({ type: "review" })).map(({ claims }) => claims).sort();
    expect(claims).toEqual([1, 1, 1, 1, 1, 2]);
    expect(await other.end("SIGTERM")).toBe(0);
    await board.close();
  });
});
