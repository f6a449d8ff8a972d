import { describe, expect, it } from "vitest";
import { type CairnError, CheckpointCorruptError } from "../../src/core/errors.js";
import { JsonReader } from "../../src/core/read-json.js";
import { applyChange } from "../../src/core/run-change.js";
import { RunState } from "../../src/core/run-state.js";
import { capture } from "../../src/core/serialize/index.js";
import { namesAsSaved } from "../../src/core/spec-read.js";
import { checkPlaces } from "../../src/core/state-check.js";
import { readRunState } from "../../src/core/state-read.js";
import { renderRecord, savedTask } from "../../src/core/state-records.js";
import { readStateTable } from "../../src/core/state-table.js";
import { freshSpec, Step } from "../../src/core/step.js";
import { packedSegment } from "../../src/core/task-pack.js";
import type { TaskSpec } from "../../src/core/task-spec.js";

const REF = { strategy: "reference", module: "m", name: "w", qualname: "w" } as const;
const error = { name: "Error", message: "again", code: null, stack: null, cause: null };

/** A state in which so many tasks wait, w2 and on. */
function crowd(count: number): RunState {
  const state = new RunState("r", "begin", "seed");
  const step = new Step(state, 0).begin(1_000);
  for (let at = 2; at < count + 2; at++) {
    const born = { ref: REF, node: null, maxRetries: 0, cycle: 1, parent: 1, origin: null, scope: null };
    const spec = freshSpec(step, { ...born, taskId: `w${at}`, lineage: `begin#1.${at}`, input: capture({ at }, "input") });
    step.apply({ kind: "queued", spec: { ...spec, serial: at, order: at } });
  }
  state.index();
  return state;
}

const keysOf = (serials: Iterable<number>): string[] => Array.from(serials, (serial) => `task/${serial}`);
const serialsOf = (specs: Iterable<TaskSpec>): number[] => Array.from(specs, ({ serial }) => serial);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

const packed = (state: RunState, serials: Iterable<number>): string =>
  packedSegment(
    keysOf(serials),
    (key) => renderRecord(state, key, null),
    (serial) => savedTask(state, serial, null),
  );

/** Reads segments as those of a run, with these records and removals on top. */
function read(
  segments: readonly string[],
  set: readonly [string, string][] = [],
  removed: readonly string[] = [],
  serial = 1_000,
): RunState {
  const head = { runId: "r", start: "begin", seed: "s", steps: 1, saves: 0, serial, status: "running", first: null, ended: false };
  const tail = set.map(([key, text]) => [key, JsonReader.parse(text, "state.json")] as const);
  const table = readStateTable({ segments: [], set: tail, removed }, segments);
  return readRunState(JsonReader.parse(JSON.stringify(head), "state.json"), table, namesAsSaved);
}

const shown = ({ input, memo, ...spec }: TaskSpec) => ({
  ...spec,
  input: input.text(),
  memo: memo && [...memo].map(([key, value]) => [key, value.text()]),
});

describe("tasks in a segment", () => {
  it("come back as they were, in a tenth of the text of their records", () => {
    const state = crowd(500);
    const text = packed(state, range(2, 502));
    const restored = read([text]);
    expect(restored.ready.backlog?.size).toBe(500);
    expect([...restored.pending()].map(shown)).toEqual([...state.pending()].map(shown));
    const records = keysOf(range(2, 502)).map((key) => renderRecord(state, key, null)?.length ?? 0);
    expect(text.length * 3).toBeLessThan(records.reduce((sum, length) => sum + length, 0));
  });

  it("come back with all that few tasks have, whatever that is", () => {
    const state = crowd(6);
    const memo = new Map([["once", capture(new Date(5), "memo")]]);
    const odd: Partial<TaskSpec>[] = [
      { input: capture(new Map([["a", 1n]]), "input") },
      { input: capture(undefined, "input"), lineage: null },
      { order: 40, availableAt: 5_000, lastError: error, attempt: 2, failures: 1, maxRetries: 3 },
      { memo, node: "n", cycle: 4, parent: null },
      { input: capture([1, { a: null }], "input"), taskId: "w" },
    ];
    const specs = [...state.pending()].map((spec, at) => ({ ...spec, ...odd[at] }));
    for (const spec of specs) state.replace(spec);
    state.requeueWaiting();
    const restored = read([packed(state, range(2, 8))], [], [], 1_000);
    expect([...restored.pending()].map(shown)).toEqual([...state.pending()].map(shown));
  });

  it("are read as before where each has a record of its own", () => {
    const state = crowd(20);
    const entries = keysOf(range(2, 22)).map((key) => `["${key}",${renderRecord(state, key, null)}]`);
    const restored = read([`[${entries.join(",\n")}]`]);
    expect(restored.ready.backlog).toBe(null);
    expect([...restored.pending()].map(shown)).toEqual([...state.pending()].map(shown));
  });

  it("give way to what is newer: removed, changed, running or failed since", () => {
    const state = crowd(10);
    const old = packed(state, range(2, 12));
    const changed = [...crowd(10).pending()].map((spec) => ({ ...spec, attempt: 2 }));
    applyChange(state, { kind: "started", spec: state.ready.shift() as TaskSpec });
    applyChange(state, { kind: "failed", spec: { ...(changed[4] as TaskSpec), lastError: error } });
    state.replace(changed[7] as TaskSpec);
    const newer = packed(state, [2, 6, 9]);
    const restored = read([old, newer, '[["task/4"]]'], [["task/12", renderRecord(crowd(11), "task/12", null) ?? ""]], ["task/5"]);
    expect(serialsOf(restored.pending())).toEqual([2, 3, 7, 8, 9, 10, 11, 12]);
    expect(serialsOf(restored.failed.values())).toEqual([6]);
    expect([...restored.interrupted]).toEqual([2]);
    expect([...restored.pending()].map(({ attempt }) => attempt)).toEqual([2, 1, 1, 1, 2, 1, 1, 1]);
    expect(restored.root.live).toBe(8);
  });
});

describe("tasks that are left as they were read", () => {
  const restored = (): RunState => {
    const state = crowd(30);
    const text = packed(state, range(4, 30));
    const tail = [2, 3, 30, 31].map((serial): [string, string] => [`task/${serial}`, renderRecord(state, `task/${serial}`, null) ?? ""]);
    const found = read([text], tail, ["task/7", "task/29"]);
    expect(found.ready.backlog?.size).toBe(24);
    return found;
  };
  const all = range(2, 32).filter((serial) => serial !== 7 && serial !== 29);

  it("stand in the queue between those before and after them", () => {
    const state = restored();
    expect(serialsOf(state.ready)).toEqual(all);
    const taken: number[] = [];
    for (let spec = state.ready.peek(); spec !== undefined; spec = state.ready.peek()) {
      expect(state.ready.size).toBe(all.length - taken.length);
      expect(state.ready.shift()).toBe(spec);
      taken.push(spec.serial);
    }
    expect(taken).toEqual(all);
    expect(state.ready.backlog).toBe(null);
  });

  it.each([0, 1, 2, 3, 10, 25, 27])("are found by serial as long as they wait, %i of all having started", (started) => {
    const state = restored();
    for (let at = 0; at < started; at++) applyChange(state, { kind: "started", spec: state.ready.shift() as TaskSpec });
    for (let serial = 0; serial < 40; serial++) {
      const status = !all.includes(serial) ? undefined : all.indexOf(serial) < started ? "running" : "pending";
      expect([serial, state.find(serial)?.status]).toEqual([serial, status]);
      if (status === "pending") expect(state.find(serial)?.spec).toMatchObject({ serial, taskId: `w${serial}` });
    }
    expect([...state.instances].length).toBe(all.length);
  });

  it.each(["index", "requeueWaiting"] as const)("are all there, in order and each once, after %s", (how) => {
    const state = restored();
    for (let at = 0; at < 5; at++) applyChange(state, { kind: "started", spec: state.ready.shift() as TaskSpec });
    state[how]();
    expect(state.ready.backlog).toBe(null);
    expect(serialsOf(state.ready)).toEqual(all.slice(5));
    expect([...(state.waiting?.keys() ?? [])].sort((a, b) => a - b)).toEqual(all.slice(5));
    state.clear();
    expect([state.ready.size, state.waiting?.size, state.instances.size]).toEqual([0, 0, 0]);
  });
});

describe("a pack that nobody has written so", () => {
  const shared = { status: "pending", cycle: 1, createdAt: 1, ref: REF };
  const pack = (head: unknown, items: unknown): string => JSON.stringify([["tasks", head, items]]);
  const refusal = (text: string): CairnError => {
    try {
      read([text], [], [], 50);
    } catch (thrown) {
      return thrown as CairnError;
    }
    throw new Error(`read: ${text}`);
  };

  it("is read if all is right", () => {
    expect(serialsOf(read([pack(shared, [1, "a", null, 5, 2, "b", "l", { x: 1 }])]).pending())).toEqual([1, 2]);
  });

  it.each([
    ["items that are no list", pack(shared, { 0: 1 }), "segment 0[0][2] is a object: expected a list"],
    ["a serial that is none", pack(shared, [0, "a", null, 1]), "segment 0[0][2][0] is a number: expected a whole number from 1 up"],
    ["a serial beyond the last", pack(shared, [51, "a", null, 1]), "the serial 51 beyond the last one"],
    ["an id that is no text", pack(shared, [1, "a", null, 1, 2, 7, null, 1]), "segment 0[0][2][5] is a number: expected a text"],
    ["own fields that are none", pack(shared, [1, "a", 7, 1]), "segment 0[0][2][2] is a number: expected an object"],
    ["own fields of another kind", pack(shared, [1, "a", { memo: 1 }, 1]), "segment 0[0][2][2].memo is a number: expected an object"],
    ["an item too few", pack(shared, [1, "a", null]), "a undefined, which is not JSON"],
    ["a status that is none", pack({ ...shared, status: "x" }, [1, "a", null, 1]), "segment 0[0].status is a string: expected one of"],
    ["no reference", pack({ ...shared, ref: null }, [1, "a", null, 1]), "segment 0[0].ref.strategy is nothing"],
    ["an attempt that is none", pack({ ...shared, attempt: 0 }, [1, "a", null, 1]), "segment 0[0].attempt is a number"],
    ["no items", '[["tasks",{}]]', "a record of an unknown kind"],
    ["an input that could change a prototype", `[["tasks",${JSON.stringify(shared)},[1,"a",null,{"__proto__":{"x":1}}]]]`, "could change"],
    ["an input that JSON does not keep", `[["tasks",${JSON.stringify(shared)},[1,"a",null,[1e999]]]]`, "a number that JSON does not keep"],
    ["an input that is no document", pack(shared, [1, "a", { input: 5 }, null]), "segment 0[0][2][2].input is not a stored value"],
  ])("is refused with %s", (_, text, message) => {
    const thrown = refusal(text);
    expect(thrown).toBeInstanceOf(CheckpointCorruptError);
    expect(thrown.message).toContain(message);
  });

  it("gives one task of each serial, the last, and keeps a hostile key to itself", () => {
    const twice = read([pack(shared, [1, "a", null, 1, 1, "b", null, 2])]);
    expect([...twice.pending()].map(({ taskId }) => taskId)).toEqual(["b"]);
    const text = `[["tasks",{"__proto__":{"memo":1},"status":"pending","cycle":1,"createdAt":1,"ref":${JSON.stringify(REF)}},[1,"a",{"__proto__":{"scope":1}},1]]]`;
    expect([...read([text]).pending()].map(shown)).toMatchObject([{ taskId: "a", scope: null, memo: null }]);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it("is refused at a node that the graph does not have", () => {
    const state = read([pack({ ...shared, node: "n" }, [1, "a", null, 1, 2, "b", null, 2])]);
    expect(state.ready.backlog?.size).toBe(2);
    expect(() => checkPlaces(state, { name: "g", nodes: new Map(), starts: [] })).toThrow(/task "a" at "n", where the graph has nothing/);
  });

  it("is refused with a serial that a group has, or a task under the key of another", () => {
    const record = JSON.stringify({ ...shared, serial: 3, taskId: "a", input: { json: 1 } });
    expect(refusal(`[["task/4",${record}]]`).message).toContain("is a task under the key of another");
    const group = { serial: 3, node: "g", cycle: 1, input: { json: [1] }, total: 1, anonymous: false, status: "running" };
    const text = `[["group/3",${JSON.stringify(group)}],${pack(shared, [3, "a", null, 1]).slice(1)}`;
    expect(refusal(text).message).toContain("the serial 3 twice");
  });
});
