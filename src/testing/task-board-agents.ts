import assert from "node:assert/strict";
import { BoardTaskNotFoundError, TaskNotClaimedError } from "../task-board/board-errors.js";
import type { BoardTaskStatus } from "../task-board/board-task.js";
import type { TaskBoard } from "../task-board/task-board.js";
import { claimed, promise, statusOf, type TaskBoardContractCase } from "./task-board-support.js";

/** All that only who has a task may do. */
const changes = (board: TaskBoard, id: string, agent: string): (() => Promise<unknown>)[] => [
  () => board.heartbeat(id, agent),
  () => board.complete(id, agent, { status: "done", result: "mine" }),
  () => board.complete(id, agent, { status: "failed" }),
  () => board.release(id, agent),
];

/** Refuses all of these, tells who has the task, and changes nothing. */
async function refuses(board: TaskBoard, id: string, agent: string, holder: string | null, status: BoardTaskStatus): Promise<void> {
  const before = await board.get(id);
  for (const change of changes(board, id, agent))
    await assert.rejects(change, (error) => {
      assert.ok(error instanceof TaskNotClaimedError);
      assert.deepEqual([error.code, error.taskId, error.agent, error.status], ["TASK_NOT_CLAIMED", id, holder, status]);
      return true;
    });
  assert.deepEqual(await board.get(id), before);
}

/** What a board promises to and of agents that have tasks. */
export const boardAgents: readonly TaskBoardContractCase[] = [
  promise("ends a task as its agent says", async ({ board }) => {
    for (const status of ["done", "failed"] as const) {
      const { id } = await board.create("t");
      await claimed(board, "agent");
      const task = await board.complete(id, "agent", { status, result: [status] });
      assert.deepEqual([task.status, task.result, task.agent, task.leaseUntil], [status, [status], "agent", null]);
      assert.ok(task.finishedAt !== null && task.finishedAt >= task.createdAt);
      assert.deepEqual(await board.get(id), task);
    }
    assert.equal(await board.claim("other"), null);
  }),
  promise("lets nobody else change a claimed task", async ({ board }) => {
    await board.create("t", 0, { id: "a" });
    await claimed(board, "mine");
    await refuses(board, "a", "other", "mine", "claimed");
  }),
  promise("lets nobody change a task that nobody has", async ({ board }) => {
    await board.create("t", 0, { id: "a" });
    await refuses(board, "a", "other", null, "pending");
  }),
  promise("lets nobody change a finished task, not even who has completed it", async ({ board }) => {
    await board.create("t", 0, { id: "a" });
    await claimed(board, "mine");
    await board.complete("a", "mine", { status: "done", result: 1 });
    await refuses(board, "a", "mine", "mine", "done");
    await refuses(board, "a", "other", "mine", "done");
  }),
  promise("takes the same completion twice as one", async ({ board }) => {
    await board.create("t", 0, { id: "a" });
    await claimed(board, "mine");
    const task = await board.complete("a", "mine", { status: "done", result: { n: 1 } });
    assert.deepEqual(await board.complete("a", "mine", { status: "done", result: { n: 1 } }), task);
  }),
  promise("takes one of many completions that come at once", async ({ board, open }) => {
    const boards = [board, await open("first")];
    await board.create("t", 0, { id: "a" });
    await claimed(board, "mine");
    const tries = Array.from({ length: 8 }, (_, n) => boards[n % 2]?.complete("a", "mine", { status: "done", result: n }));
    const ends = await Promise.allSettled(tries);
    const winners = ends.flatMap((end, n) => (end.status === "fulfilled" ? [n] : []));
    assert.deepEqual([winners.length, await board.result("a")], [1, winners[0]]);
  }),
  promise("begins the lease anew with each heartbeat", async ({ board, pass }) => {
    await board.create("t", 0, { id: "a" });
    const { leaseUntil } = await claimed(board, "mine", { lease: "10s" });
    await pass(9_000);
    const task = await board.heartbeat("a", "mine");
    assert.ok((task.leaseUntil ?? 0) >= (leaseUntil ?? 0) + 9_000, "the lease ends ten seconds from now");
    await pass(9_000);
    assert.equal(await statusOf(board, "a"), "claimed");
    assert.equal(await board.claim("other"), null);
    await pass(1_001);
    assert.equal((await claimed(board, "other")).id, "a");
  }),
  promise("takes another lease with a heartbeat, and keeps it", async ({ board, pass }) => {
    await board.create("t", 0, { id: "a" });
    await claimed(board, "mine", { lease: "10s" });
    await board.heartbeat("a", "mine", { lease: "60s" });
    await pass(50_000);
    await board.heartbeat("a", "mine");
    await pass(50_000);
    assert.equal(await statusOf(board, "a"), "claimed");
    await board.heartbeat("a", "mine", { lease: "1s" });
    await pass(1_001);
    assert.equal(await statusOf(board, "a"), "pending");
  }),
  promise("gives a task back to an agent that was late, if nobody has taken it", async ({ board, pass }) => {
    await board.create("t", 0, { id: "a" });
    await claimed(board, "late", { lease: "1s" });
    await pass(2_000);
    const task = await board.heartbeat("a", "late");
    assert.deepEqual([task.status, task.agent], ["claimed", "late"]);
    assert.equal(await board.claim("other"), null);
    await pass(2_000);
    assert.equal((await board.complete("a", "late", { status: "done", result: "late" })).status, "done");
  }),
  promise("refuses an agent that was late, if somebody has taken its task", async ({ board, pass }) => {
    await board.create("t", 0, { id: "a" });
    await claimed(board, "late", { lease: "1s" });
    await pass(1_001);
    await claimed(board, "other");
    await refuses(board, "a", "late", "other", "claimed");
    assert.equal((await board.complete("a", "other", { status: "done" })).agent, "other");
  }),
  promise("lets a released task be claimed at once, at its old place", async ({ board }) => {
    for (const id of ["a", "b"]) await board.create("t", 0, { id });
    await claimed(board, "mine");
    const task = await board.release("a", "mine");
    assert.deepEqual([task.status, task.agent, task.leaseUntil, task.claims], ["pending", null, null, 1]);
    assert.equal((await claimed(board, "other")).id, "a");
  }),
  promise("refuses an agent that has released its task", async ({ board }) => {
    await board.create("t", 0, { id: "a" });
    await claimed(board, "mine");
    await board.release("a", "mine");
    await refuses(board, "a", "mine", null, "pending");
  }),
  promise("refuses the agent of a task that was cancelled", async ({ board }) => {
    await board.create("t", 0, { id: "a" });
    await claimed(board, "mine");
    await board.cancel("a");
    await refuses(board, "a", "mine", null, "cancelled");
  }),
  promise("says that a task is not there", async ({ board }) => {
    for (const change of [...changes(board, "nothing", "mine"), () => board.cancel("nothing")])
      await assert.rejects(change, (error) => error instanceof BoardTaskNotFoundError && error.taskId === "nothing");
  }),
];
