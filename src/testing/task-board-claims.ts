import assert from "node:assert/strict";
import { claimed, idsOf, promise, statusOf, type TaskBoardContractCase } from "./task-board-support.js";

const DAY_MS = 86_400_000;

/** What a board promises of claims. */
export const boardClaims: readonly TaskBoardContractCase[] = [
  promise("gives an agent the oldest task, and to the next agent the next", async ({ board }) => {
    for (const id of ["b", "a", "c"]) await board.create("t", id, { id });
    for (const id of ["b", "a", "c"]) {
      const task = await claimed(board, `agent-${id}`);
      assert.deepEqual([task.id, task.data, task.status, task.agent, task.claims], [id, id, "claimed", `agent-${id}`, 1]);
    }
    assert.equal(await board.claim("late"), null);
  }),
  promise("gives nothing where nothing is", async ({ board }) => {
    assert.equal(await board.claim("agent"), null);
    assert.equal(await board.claim("agent", { types: ["t"] }), null);
  }),
  promise("gives only tasks of the types that are asked for", async ({ board }) => {
    for (const id of ["a1", "b1", "c1"]) await board.create(id.slice(0, 1), 0, { id });
    assert.equal(await board.claim("x", { types: ["d"] }), null);
    assert.equal((await claimed(board, "x", { types: ["c"] })).id, "c1");
    assert.equal((await claimed(board, "x", { types: ["c", "b"] })).id, "b1");
    assert.equal(await board.claim("x", { types: ["b", "c"] }), null);
  }),
  promise("prefers none of several types: the oldest task comes first", async ({ board }) => {
    for (const id of ["b1", "a1", "a2", "b2"]) await board.create(id.slice(0, 1), 0, { id });
    const found: string[] = [];
    for (let n = 0; n < 4; n++) found.push((await claimed(board, "x", { types: ["a", "b", "a"] })).id);
    assert.deepEqual(found, ["b1", "a1", "a2", "b2"]);
  }),
  promise("tells apart types of which one begins with the other", async ({ board }) => {
    for (const type of ["re", "review", "re.view", "re-"]) await board.create(type, 0, { id: `of-${type}` });
    assert.equal((await claimed(board, "x", { types: ["review"] })).id, "of-review");
    assert.equal((await claimed(board, "x", { types: ["re"] })).id, "of-re");
    assert.equal(await board.claim("x", { types: ["re", "review"] }), null);
    assert.deepEqual(idsOf(await board.list({ status: "pending" })), ["of-re.view", "of-re-"]);
  }),
  promise("gives each of many agents that ask at once another task", async ({ board, open }) => {
    const boards = [board, await open("first"), await open("first")];
    await Promise.all(Array.from({ length: 30 }, (_, n) => board.create("t", n, { id: `t${n}` })));
    const found = await Promise.all(Array.from({ length: 45 }, (_, n) => boards[n % 3]?.claim(`agent-${n}`)));
    const ids = found.flatMap((task) => (task ? [task.id] : []));
    assert.equal(ids.length, 30);
    assert.equal(new Set(ids).size, 30);
    assert.equal((await board.summary()).byStatus.claimed, 30);
  }),
  promise("holds a claim for 24 hours unless told otherwise", async ({ board, pass }) => {
    await board.create("t", 0, { id: "t1" });
    const { leaseUntil, createdAt } = await claimed(board, "agent");
    assert.ok(Math.abs((leaseUntil ?? 0) - createdAt - DAY_MS) < 60_000);
    await pass(DAY_MS - 60_000);
    assert.equal(await statusOf(board, "t1"), "claimed");
    assert.equal(await board.claim("other"), null);
    await pass(60_001);
    assert.equal(await statusOf(board, "t1"), "pending");
    assert.equal((await claimed(board, "other")).id, "t1");
  }),
  promise("returns a task whose lease has run out to its old place", async ({ board, pass }) => {
    for (const id of ["a", "b"]) await board.create("t", 0, { id });
    await claimed(board, "gone", { lease: "1s" });
    await pass(1_001);
    const task = await claimed(board, "other");
    assert.deepEqual([task.id, task.agent, task.claims], ["a", "other", 2]);
    assert.equal((await claimed(board, "other")).id, "b");
  }),
  promise("shows a task whose lease has run out as nobody's", async ({ board, pass }) => {
    await board.create("t", 0, { id: "a" });
    await claimed(board, "gone", { lease: "1s" });
    await pass(1_001);
    const task = await board.get("a");
    assert.deepEqual([task?.status, task?.agent, task?.leaseUntil, task?.claims], ["pending", null, null, 1]);
    assert.deepEqual(idsOf(await board.list({ status: "pending" })), ["a"]);
    assert.deepEqual(await board.list({ status: "claimed" }), []);
  }),
  promise("returns a task as often as its agents are gone", async ({ board, pass }) => {
    await board.create("t", 0, { id: "a" });
    for (let count = 1; count <= 5; count++) {
      assert.equal((await claimed(board, `agent-${count}`, { lease: "1s" })).claims, count);
      assert.equal(await board.claim("other"), null);
      await pass(1_001);
    }
    assert.equal((await board.summary()).byStatus.pending, 1);
  }),
  promise("gives a stale task to one of many who ask at once", async ({ board, pass }) => {
    await board.create("t", 0, { id: "a" });
    await claimed(board, "gone", { lease: "1s" });
    await pass(1_001);
    const found = await Promise.all(Array.from({ length: 10 }, (_, n) => board.claim(`agent-${n}`)));
    assert.equal(found.filter((task) => task !== null).length, 1);
  }),
  promise("gives a task that comes while an agent waits", async ({ board, open }) => {
    const waiting = board.claim("agent", { types: ["t"], wait: "1h" });
    await (await open("first")).create("t", 0, { id: "a" });
    assert.equal((await waiting)?.id, "a");
  }),
  promise("gives nothing when a wait is over", async ({ board }) => {
    assert.equal(await board.claim("agent", { wait: 30 }), null);
  }),
  promise("gives a task that is there at once, even to who would wait", async ({ board }) => {
    await board.create("t", 0, { id: "a" });
    assert.equal((await board.claim("agent", { wait: "1h" }))?.id, "a");
  }),
  promise("lets one agent have several tasks", async ({ board }) => {
    for (const id of ["a", "b"]) await board.create("t", 0, { id });
    await claimed(board, "x");
    await claimed(board, "x");
    await board.complete("a", "x", { status: "done" });
    assert.equal(await statusOf(board, "b"), "claimed");
  }),
];
