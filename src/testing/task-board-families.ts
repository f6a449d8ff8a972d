import assert from "node:assert/strict";
import { UsageError } from "../core/errors.js";
import { BoardTaskNotFoundError } from "../task-board/board-errors.js";
import { claimed, idsOf, promise, statusOf, type TaskBoardContractCase } from "./task-board-support.js";

/** What a board promises of parents, children, its metadata, and boards beside it. */
export const boardFamilies: readonly TaskBoardContractCase[] = [
  promise("gives the tasks right below one, in the order in which they were created", async ({ board }) => {
    await board.create("p", 0, { id: "p" });
    await board.create("p", 0, { id: "p2" });
    for (const id of ["c2", "c1", "c10"]) await board.create("c", 0, { id, parent: "p" });
    await board.create("c", 0, { id: "grandchild", parent: "c1" });
    assert.deepEqual(idsOf(await board.children("p")), ["c2", "c1", "c10"]);
    assert.deepEqual(
      (await board.children("p")).map(({ parent }) => parent),
      ["p", "p", "p"],
    );
    assert.deepEqual(idsOf(await board.children("c1")), ["grandchild"]);
    assert.deepEqual([await board.children("p2"), await board.children("nothing")], [[], []]);
  }),
  promise("refuses a parent that is not there", async ({ board }) => {
    await assert.rejects(
      board.create("t", 0, { id: "a", parent: "nothing" }),
      (error) => error instanceof BoardTaskNotFoundError && error.taskId === "nothing",
    );
    assert.equal(await board.get("a"), null);
  }),
  promise("takes a finished parent, and refuses a cancelled one", async ({ board }) => {
    await board.create("t", 0, { id: "done" });
    await board.create("t", 0, { id: "cancelled" });
    await claimed(board, "x");
    await board.complete("done", "x", { status: "done" });
    await board.cancel("cancelled");
    assert.equal((await board.create("t", 0, { id: "a", parent: "done" })).parent, "done");
    await assert.rejects(board.create("t", 0, { id: "b", parent: "cancelled" }), UsageError);
    assert.equal(await board.get("b"), null);
  }),
  promise("cancels a task, which is then given to nobody", async ({ board }) => {
    await board.create("t", 0, { id: "a" });
    assert.equal(await board.cancel("a"), 1);
    const task = await board.get("a");
    assert.deepEqual([task?.status, task?.agent, task?.result, typeof task?.finishedAt], ["cancelled", null, undefined, "number"]);
    assert.equal(await board.claim("x"), null);
    assert.equal(await board.cancel("a"), 0);
  }),
  promise("cancels all that is below a task, claimed or not, and nothing else", async ({ board }) => {
    await board.create("t", 0, { id: "p" });
    await board.create("t", 0, { id: "other" });
    for (const [id, parent] of [
      ["c1", "p"],
      ["c2", "p"],
      ["c11", "c1"],
      ["c111", "c11"],
    ] as const)
      await board.create("c", 0, { id, parent });
    await claimed(board, "x", { types: ["c"] });
    assert.equal(await board.cancel("p"), 5);
    for (const id of ["p", "c1", "c2", "c11", "c111"]) assert.equal(await statusOf(board, id), "cancelled");
    assert.equal(await statusOf(board, "other"), "pending");
    assert.equal((await board.summary()).byStatus.cancelled, 5);
  }),
  promise("leaves what is finished as it is when it cancels, and reaches what is below it", async ({ board }) => {
    await board.create("t", 0, { id: "p" });
    await board.create("t", 0, { id: "c", parent: "p" });
    await board.create("t", 0, { id: "g", parent: "c" });
    for (const id of ["p", "c"]) {
      await claimed(board, "x");
      await board.complete(id, "x", { status: "done", result: id });
    }
    assert.equal(await board.cancel("p"), 1);
    assert.deepEqual([await board.result("p"), await statusOf(board, "c"), await statusOf(board, "g")], ["p", "done", "cancelled"]);
  }),
  promise("cancels each task once, whoever asks at the same time", async ({ board }) => {
    await board.create("t", 0, { id: "p" });
    for (let n = 0; n < 5; n++) await board.create("t", 0, { id: `c${n}`, parent: "p" });
    const counts = await Promise.all(Array.from({ length: 4 }, () => board.cancel("p")));
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      6,
    );
  }),
  promise("keeps values about the board itself", async ({ board, open }) => {
    assert.deepEqual({ ...(await board.metadata()) }, {});
    await board.setMetadata("owner", { name: "me", since: new Date(0) });
    await board.setMetadata("constructor", 1);
    await board.setMetadata("null", null);
    await board.setMetadata("owner", new Map([[1, 2]]));
    assert.deepEqual({ ...(await (await open("first")).metadata()) }, { owner: new Map([[1, 2]]), constructor: 1, null: null });
    await board.setMetadata("owner", undefined);
    await board.setMetadata("never", undefined);
    assert.deepEqual(Object.keys(await board.metadata()).sort(), ["constructor", "null"]);
  }),
  promise("keeps boards apart that are side by side", async ({ board, open }) => {
    const [other, alike] = [await open("second"), await open("first.2")];
    await board.create("t", "first", { id: "a" });
    await other.create("t", "second", { id: "a" });
    await other.setMetadata("k", 2);
    assert.equal((await claimed(other, "x")).data, "second");
    assert.equal(await statusOf(board, "a"), "pending");
    assert.equal(await alike.claim("x"), null);
    assert.deepEqual([(await board.summary()).total, (await alike.summary()).total, { ...(await board.metadata()) }], [1, 0, {}]);
  }),
  promise("shows a board to all who have opened it, at once", async ({ board, open }) => {
    const again = await open("first");
    await board.create("t", 0, { id: "a" });
    assert.equal((await claimed(again, "x")).id, "a");
    assert.equal(await statusOf(board, "a"), "claimed");
    await board.complete("a", "x", { status: "done", result: 1 });
    assert.equal(await again.result("a"), 1);
  }),
];
