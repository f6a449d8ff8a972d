import { describe, expect, it } from "vitest";
import { JsonReader } from "../../src/core/read-json.js";
import { namesAsSaved, readSpec } from "../../src/core/spec-read.js";
import { specText } from "../../src/core/spec-write.js";
import type { TaskOrigin } from "../../src/core/task-origin.js";
import { spec } from "./remote-fixtures.js";

const written = (origin: TaskOrigin | null): string => specText({ ...spec, origin }, "pending");
const read = (text: string): TaskOrigin | null => readSpec(JsonReader.parse(text, "spec"), namesAsSaved).origin;

describe("who queued a task", () => {
  it.each<[TaskOrigin]>([
    [{ via: "edge", from: "load", cycle: 1 }],
    [{ via: "join", from: "left", cycle: 2 }],
    [{ via: "join", from: null, cycle: null }],
    [{ via: "goto", from: "review", cycle: 3 }],
    [{ via: "nextTask", from: "review", cycle: 3 }],
    [{ via: "iteration", from: null, cycle: 3 }],
  ])("is read as it was written: %j", (origin) => {
    expect(read(written(origin))).toEqual(origin);
  });

  it("is written in few characters for the pass of a loop", () => {
    expect(written({ via: "iteration", from: null, cycle: spec.cycle - 1 })).toContain(',"by":"self"');
  });

  it("is not there in what an older version wrote, nor told by what it cannot mean", () => {
    expect(read(written(null))).toBeNull();
    for (const by of ['"later"', "1", '["teleport","x",1]', "{}", "[]"])
      expect(read(written(null).replace("{", `{"by":${by},`))).toBeNull();
  });

  it.each(['["edge",1,1]', '["edge","a","b"]', '["edge","a",0]'])("is refused as damage where it does not read: %s", (by) => {
    expect(() => read(written(null).replace("{", `{"by":${by},`))).toThrow(/expected/);
  });
});
