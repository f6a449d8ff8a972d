import assert from "node:assert/strict";
import { DuplicateIdError } from "../core/errors.js";
import { BoardTaskFailedError, BoardTaskNotFoundError } from "../task-board/board-errors.js";
import { claimed, idsOf, promise, type TaskBoardContractCase } from "./task-board-support.js";

/** What a board promises of tasks by themselves. */
export const boardTasks: readonly TaskBoardContractCase[] = [
  promise("gives a new task as it was created", async ({ board }) => {
    const task = await board.create("review", { title: "a" }, { id: "t1", metadata: { by: "me" } });
    const { createdAt, ...rest } = task;
    assert.deepEqual(rest, {
      ...{ id: "t1", type: "review", parent: null, status: "pending", data: { title: "a" }, metadata: { by: "me" } },
      ...{ result: undefined, agent: null, leaseUntil: null, claims: 0, finishedAt: null },
    });
    assert.ok(Number.isSafeInteger(createdAt) && createdAt > 0);
    assert.deepEqual(await board.get("t1"), task);
  }),
  promise("makes an id for a task that is given none, each time another", async ({ board }) => {
    const ids = idsOf([await board.create("t"), await board.create("t")]);
    assert.equal(new Set(ids).size, 2);
    assert.deepEqual(idsOf(await board.list()), ids);
  }),
  promise("gives null for a task that is not there", async ({ board }) => {
    assert.equal(await board.get("nothing"), null);
  }),
  promise("keeps values exactly, as they were at the moment they were given", async ({ board }) => {
    const data = { map: new Map([["a", -0]]), date: new Date(5), big: 7n, nan: Number.NaN, bytes: new Uint8Array([1, 2]), none: undefined };
    await board.create("t", data, { id: "t1" });
    data.map.set("b", 1);
    const result = [new Set(["x"]), "line\nbreak \u2028 \0 é 😀"];
    const task = await claimed(board, "agent");
    assert.deepStrictEqual(task.data, { ...data, map: new Map([["a", -0]]) });
    await board.complete("t1", "agent", { status: "done", result });
    assert.deepStrictEqual((await board.get("t1"))?.result, result);
    assert.deepStrictEqual(await board.result("t1"), result);
  }),
  promise("takes a task without data and a completion without result", async ({ board }) => {
    await board.create("t", undefined, { id: "t1" });
    assert.equal((await claimed(board, "agent")).data, undefined);
    assert.equal((await board.complete("t1", "agent", { status: "done" })).result, undefined);
    assert.equal(await board.result("t1"), undefined);
  }),
  promise("takes the same task twice as one", async ({ board }) => {
    await board.create("t", [1], { id: "t1", metadata: { a: 1 } });
    const { status, claims } = await claimed(board, "agent");
    const again = await board.create("t", [1], { id: "t1", metadata: { a: 1 } });
    assert.deepEqual([again.status, again.claims], [status, claims]);
    assert.equal((await board.summary()).total, 1);
  }),
  promise("refuses an id that another task has", async ({ board }) => {
    await board.create("t", [1], { id: "t1" });
    await board.create("p", 0, { id: "p" });
    for (const other of [
      () => board.create("t", [2], { id: "t1" }),
      () => board.create("u", [1], { id: "t1" }),
      () => board.create("t", [1], { id: "t1", parent: "p" }),
      () => board.create("t", [1], { id: "t1", metadata: { a: 1 } }),
    ])
      await assert.rejects(other, DuplicateIdError);
    assert.deepEqual((await board.get("t1"))?.data, [1]);
  }),
  promise("lists tasks in the order in which they were created, a page at a time", async ({ board }) => {
    const ids = ["b", "a", "c10", "c2", "z"];
    for (const id of ids) await board.create("t", 0, { id });
    assert.deepEqual(idsOf(await board.list()), ids);
    assert.deepEqual(idsOf(await board.list({ limit: 2 })), ["b", "a"]);
    assert.deepEqual(idsOf(await board.list({ limit: 2, after: "a" })), ["c10", "c2"]);
    assert.deepEqual(idsOf(await board.list({ after: "z" })), []);
    await assert.rejects(board.list({ after: "nothing" }), BoardTaskNotFoundError);
  }),
  promise("lists tasks by status and type", async ({ board }) => {
    for (const id of ["a1", "b1", "a2", "b2", "a3"]) await board.create(id.slice(0, 1), 0, { id });
    await board.complete((await claimed(board, "x")).id, "x", { status: "done" });
    await claimed(board, "x", { types: ["b"] });
    assert.deepEqual(idsOf(await board.list({ type: "a" })), ["a1", "a2", "a3"]);
    assert.deepEqual(idsOf(await board.list({ status: "pending" })), ["a2", "b2", "a3"]);
    assert.deepEqual(idsOf(await board.list({ status: "claimed" })), ["b1"]);
    assert.deepEqual(idsOf(await board.list({ status: "done", type: "a" })), ["a1"]);
    assert.deepEqual(idsOf(await board.list({ status: "done", type: "b" })), []);
    assert.deepEqual(idsOf(await board.list({ status: "pending", type: "a", limit: 1, after: "a2" })), ["a3"]);
  }),
  promise("counts tasks by status and by type", async ({ board, pass }) => {
    for (const id of ["a1", "a2", "a3", "a4", "b1"]) await board.create(id.slice(0, 1), 0, { id });
    for (const status of ["done", "failed"] as const) await board.complete((await claimed(board, "x")).id, "x", { status });
    await board.cancel("a3");
    await claimed(board, "x", { lease: 1_000 });
    const none = { pending: 0, claimed: 0, done: 0, failed: 0, cancelled: 0 };
    const found = await board.summary();
    assert.equal(found.total, 5);
    assert.deepEqual(found.byStatus, { pending: 1, claimed: 1, done: 1, failed: 1, cancelled: 1 });
    assert.deepEqual({ ...found.byType }, { a: { ...none, claimed: 1, done: 1, failed: 1, cancelled: 1 }, b: { ...none, pending: 1 } });
    await pass(1_001);
    assert.deepEqual((await board.summary()).byStatus, { pending: 2, claimed: 0, done: 1, failed: 1, cancelled: 1 });
    assert.deepEqual({ ...(await board.summary()).byType["a"] }, { ...none, pending: 1, done: 1, failed: 1, cancelled: 1 });
  }),
  promise("counts nothing on a board without tasks", async ({ board }) => {
    const { total, byType } = await board.summary();
    assert.deepEqual([total, { ...byType }], [0, {}]);
    assert.deepEqual(await board.list(), []);
  }),
  promise("gives who waits the result when the task is done", async ({ board }) => {
    const { id } = await board.create("t");
    const waiting = board.result(id);
    await claimed(board, "agent");
    await board.complete(id, "agent", { status: "done", result: 42 });
    assert.equal(await waiting, 42);
  }),
  promise("tells who waits that the task has failed, and why", async ({ board }) => {
    const { id } = await board.create("t");
    const waiting = board.result(id);
    await claimed(board, "agent");
    await board.complete(id, "agent", { status: "failed", result: { why: "no paper" } });
    await assert.rejects(waiting, (error) => {
      assert.ok(error instanceof BoardTaskFailedError);
      assert.deepEqual([error.status, error.taskId, error.result], ["failed", id, { why: "no paper" }]);
      assert.ok(!error.message.includes("no paper"), "the message shows no values");
      return true;
    });
    assert.equal((await board.finished(id)).status, "failed");
  }),
  promise("tells who waits that the task was cancelled", async ({ board }) => {
    const { id } = await board.create("t");
    const waiting = board.result(id);
    await board.cancel(id);
    await assert.rejects(waiting, (error) => error instanceof BoardTaskFailedError && error.status === "cancelled");
  }),
  promise("ends a wait whose signal is aborted, and leaves the task as it is", async ({ board }) => {
    const { id } = await board.create("t");
    const stop = new AbortController();
    const reason = new RangeError("enough");
    const waits = [board.result(id, { signal: stop.signal }), board.claim("x", { types: ["u"], wait: "1h", signal: stop.signal })];
    const ends = Promise.allSettled(waits);
    stop.abort(reason);
    for (const end of await ends) assert.equal(end.status === "rejected" && end.reason, reason);
    await assert.rejects(board.finished(id, { signal: stop.signal }), reason);
    assert.equal((await board.get(id))?.status, "pending");
  }),
  promise("refuses to wait for a task that is not there", async ({ board }) => {
    await assert.rejects(board.result("nothing"), BoardTaskNotFoundError);
  }),
];
