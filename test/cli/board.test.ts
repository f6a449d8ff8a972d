import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Cairn, cairnProgram } from "./cairn.js";
import { jsonOf, textOf } from "./support.js";

const cairn = cairnProgram();
const folder = mkdtempSync(join(tmpdir(), "cairnflow-cli-board-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

/** Commands on a board of their own. */
function newBoard(): (...args: readonly string[]) => Cairn {
  const place = join(folder, `board-${count++}`);
  return (...args) => cairn(["board", ...args, "--board", place, "--name", "reviews"]);
}

describe("cairn board", () => {
  it("adds, claims, completes and shows tasks", async () => {
    const board = newBoard();
    writeFileSync(join(folder, "data.json"), '{"title": "Cairns"}');
    expect(await textOf(board("add", "review", "--id", "t-1", "--data", `@${join(folder, "data.json")}`))).toBe("t-1\n");
    expect(await jsonOf(board("add", "review", "--id", "t-2", "--parent", "t-1", "--json"))).toMatchObject({
      id: "t-2",
      parent: "t-1",
      data: null,
    });
    expect(await jsonOf(board("claim", "--agent", "a-1", "--type", "review", "--json"))).toEqual({
      ...{ id: "t-1", type: "review", parent: null, status: "claimed", agent: "a-1", leaseUntil: expect.any(Number), claims: 1 },
      ...{ createdAt: expect.any(Number), finishedAt: null, data: { title: "Cairns" }, metadata: {}, result: null },
    });
    expect(await textOf(board("complete", "t-1", "--agent", "a-1", "--result", '"approved"'))).toMatch(/status +done\n/);
    expect(await jsonOf(board("show", "t-1", "--json"))).toMatchObject({ status: "done", result: "approved" });
    expect(await textOf(board("show", "t-1"))).toMatch(/result +'approved'\n/);
  });

  it("lists, counts, releases and cancels tasks", async () => {
    const board = newBoard();
    for (const id of ["t-1", "t-2", "t-3"]) await textOf(board("add", id === "t-3" ? "mend" : "review", "--id", id));
    await textOf(board("claim", "--agent", "a-1"));
    expect(await jsonOf(board("list", "--status", "pending", "--json"))).toMatchObject({ tasks: [{ id: "t-2" }, { id: "t-3" }] });
    expect(await textOf(board("list", "--type", "review", "--after", "t-1"))).toMatch(/^TASK .*\nt-2 .*pending.*\n$/);
    expect(await jsonOf(board("release", "t-1", "--agent", "a-1", "--json"))).toMatchObject({ status: "pending" });
    await textOf(board("claim", "--agent", "a-1"));
    expect(await jsonOf(board("complete", "t-1", "--agent", "a-1", "--failed", "--json"))).toMatchObject({ status: "failed" });
    expect(await textOf(board("cancel", "t-2"))).toBe("1\n");
    expect(await jsonOf(board("cancel", "t-2", "--json"))).toEqual({ cancelled: 0 });
    expect(await jsonOf(board("summary", "--json"))).toMatchObject({
      total: 3,
      byStatus: { pending: 1, failed: 1, cancelled: 1 },
      byType: { mend: { pending: 1 } },
    });
    expect(await textOf(board("summary"))).toMatch(/^TYPE +PENDING .*\n(mend|review) /);
  });

  it("ends with 3 if there is nothing to claim, or no such task or board, and makes none", async () => {
    const board = newBoard();
    expect(await textOf(board("list"), 3)).toBe("");
    expect(existsSync(join(folder, `board-${count - 1}`))).toBe(false);
    await textOf(board("add", "review", "--id", "t-1"));
    const none = board("claim", "--agent", "a-1", "--type", "mend");
    expect(await textOf(none, 3)).toBe("");
    expect(none.errors).toContain("there is no task to claim");
    for (const args of [
      ["show", "t-2"],
      ["cancel", "t-2"],
      ["complete", "t-2", "--agent", "a-1"],
    ]) {
      const missing = board(...args);
      expect(await textOf(missing, 3)).toBe("");
      expect(missing.errors).toContain("t-2");
    }
  });

  it.each([
    [["claim"], 2, "got no agent"],
    [["claim", "--agent", "a:1"], 2, "agent id"],
    [["claim", "--agent", "a-1", "--lease", "soon"], 2, "lease"],
    [["add", "review", "--data", "{hunter2"], 2, "not JSON"],
    [["add", "../x"], 2, "task type"],
    [["list", "--status", "new"], 2, "expected one of pending"],
    [["list", "--limit", "5000"], 2, "limit"],
    [["complete", "t-1", "--agent", "a-2"], 1, "t-1"],
  ])("refuses %j with %d", async (args, code, said) => {
    const board = newBoard();
    await textOf(board("add", "review", "--id", "t-1"));
    const refused = board(...args);
    expect(await textOf(refused, code)).toBe("");
    expect(refused.errors).toContain(said);
    expect(refused.errors).not.toContain("hunter2");
  });
});
