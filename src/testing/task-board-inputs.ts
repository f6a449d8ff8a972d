import assert from "node:assert/strict";
import { InvalidIdError, InvalidOptionError, LimitExceededError, NotSerializableError } from "../core/errors.js";
import type { TaskBoard } from "../task-board/task-board.js";
import { claimed, promise, type TaskBoardContractCase } from "./task-board-support.js";

const HOSTILE = ["", "*", "__proto__", "a:b", "../a", "a/b", "a b", "a\n", "a\0", "{a}", "é", ".a", "a".repeat(129), 7, null];

const shown = (name: unknown): string => JSON.stringify(typeof name === "string" && name.length > 20 ? `${name.slice(0, 3)}...` : name);

const NAMES = HOSTILE.map((given) =>
  promise(`refuses the name ${shown(given)} wherever a name is wanted`, async ({ board, open }) => {
    await board.create("t", 0, { id: "a" });
    const name = given as string;
    const uses: (() => Promise<unknown>)[] = [
      ...[() => board.create(name), () => board.create("t", 0, { id: name }), () => board.create("t", 0, { parent: name })],
      ...[() => board.claim(name), () => board.claim("x", { types: ["t", name] }), () => board.heartbeat(name, "x")],
      ...[() => board.heartbeat("a", name), () => board.complete(name, "x", { status: "done" }), () => board.release("a", name)],
      ...[() => board.cancel(name), () => board.get(name), () => board.children(name), () => board.list({ type: name })],
      ...[() => board.list({ after: name }), () => board.result(name), () => board.setMetadata(name, 1), () => open(name)],
    ];
    for (const use of uses) await assert.rejects(use, (error) => error instanceof InvalidIdError);
    assert.deepEqual([(await board.summary()).total, (await board.get("a"))?.status], [1, "pending"]);
  }),
);

const BAD_OPTIONS: readonly (readonly [string, (board: TaskBoard) => Promise<unknown>])[] = [
  ["a lease of nothing", (board) => board.claim("x", { lease: 0 })],
  ["a lease that is no time", (board) => board.claim("x", { lease: "soon" })],
  ["a lease beyond ten years", (board) => board.claim("x", { lease: "4000 days" })],
  ["a wait that goes back", (board) => board.claim("x", { wait: -1 })],
  ["no types at all", (board) => board.claim("x", { types: [] })],
  ["types that are no list", (board) => board.claim("x", { types: "t" as never })],
  ["an option of a claim that nobody knows", (board) => board.claim("x", { leaseMs: 5 } as never)],
  ["an option of a task that nobody knows", (board) => board.create("t", 0, { name: "x" } as never)],
  ["metadata that is no plain object", (board) => board.create("t", 0, { metadata: new Map() as never })],
  ["a status that is no end", (board) => board.complete("a", "mine", { status: "pending" as never })],
  ["an end without status", (board) => board.complete("a", "mine", {} as never)],
  ["a list of nothing", (board) => board.list({ limit: 0 })],
  ["a list of too much", (board) => board.list({ limit: 1_001 })],
  ["a status that there is not", (board) => board.list({ status: "open" as never })],
  ["a lease of nothing with a heartbeat", (board) => board.heartbeat("a", "mine", { lease: 0 })],
];

const OPTIONS = BAD_OPTIONS.map(([what, use]) =>
  promise(`refuses ${what}`, async ({ board }) => {
    await board.create("t", 0, { id: "a" });
    const before = await claimed(board, "mine");
    await board.create("t", 0, { id: "b" });
    await assert.rejects(
      () => use(board),
      (error) => error instanceof InvalidOptionError,
    );
    assert.deepEqual([await board.get("a"), (await board.summary()).byStatus.pending], [before, 1]);
  }),
);

/** What a board promises of names and values that it is given. */
export const boardInputs: readonly TaskBoardContractCase[] = [
  ...NAMES,
  ...OPTIONS,
  promise("takes names that are part of every object", async ({ board, open }) => {
    for (const name of ["constructor", "prototype", "toString", "hasOwnProperty"]) {
      const other = await open(name);
      await other.create(name, name, { id: name });
      await other.create(name, 0, { id: "child", parent: name });
      assert.equal((await claimed(other, name, { types: [name] })).data, name);
      assert.equal((await other.summary()).byType[name]?.claimed, 1);
      assert.equal((await other.children(name)).length, 1);
    }
    assert.equal((await board.summary()).total, 0);
  }),
  promise("refuses values that would not come back equal", async ({ board }) => {
    await assert.rejects(
      board.create("t", () => {}, { id: "a" }),
      NotSerializableError,
    );
    await assert.rejects(board.create("t", 0, { id: "a", metadata: { f: Symbol("s") } }), NotSerializableError);
    await assert.rejects(board.setMetadata("k", new WeakMap()), NotSerializableError);
    await board.create("t", 0, { id: "b" });
    await claimed(board, "x");
    await assert.rejects(board.complete("b", "x", { status: "done", result: { f: () => {} } }), NotSerializableError);
    assert.equal((await board.get("b"))?.status, "claimed");
    assert.equal(await board.get("a"), null);
  }),
  promise("takes values of a million characters, and refuses larger ones", async ({ board }) => {
    const [large, larger] = ["é".repeat(1_000_000), "x".repeat(1_048_577)];
    await board.create("t", large, { id: "a" });
    assert.equal((await claimed(board, "x")).data, large);
    for (const use of [
      () => board.create("t", larger),
      () => board.create("t", 0, { metadata: { larger } }),
      () => board.complete("a", "x", { status: "done", result: larger }),
      () => board.setMetadata("k", larger),
    ])
      await assert.rejects(use, LimitExceededError);
    assert.equal((await board.complete("a", "x", { status: "done", result: large })).result, large);
  }),
];
