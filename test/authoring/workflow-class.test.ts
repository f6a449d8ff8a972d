import { describe, expect, it } from "vitest";
import { task } from "../../src/authoring/task.js";
import { tasksOfClass } from "../../src/authoring/workflow-class.js";
import { workflowDecorator, workflowNoteOf } from "../../src/authoring/workflow-note.js";
import { DefinitionError, InvalidIdError } from "../../src/core/errors.js";
import type { TaskContext } from "../../src/core/task-context.js";
import { call } from "./class-story.js";

class Static {
  @task() static only(_ctx: TaskContext) {
    return this.name;
  }
  constructor() {
    throw new Error("never made");
  }
}

class Picky {
  constructor() {
    throw new TypeError("no database");
  }
  @task() run(_ctx: TaskContext) {}
}

class Both {
  @task({ next: "same" }) static go(_ctx: TaskContext) {}
  @task({ name: "static.same" }) static same(_ctx: TaskContext) {}
  @task({ next: "last" }) same(_ctx: TaskContext) {}
  @task({ next: "elsewhere" as string }) last(_ctx: TaskContext) {}
}

describe("tasksOfClass", () => {
  it("needs no instance for static tasks", () => {
    const { tasks } = tasksOfClass(Static, "s");
    expect(call(tasks[0])).toBe("Static");
  });

  it("says what to do when an instance cannot be made, and keeps the cause", () => {
    const read = () => tasksOfClass(Picky, "p");
    expect(read).toThrow(DefinitionError);
    expect(read).toThrow(/class Picky cannot be instantiated.*workflowOf\(new Picky\(deps\)\)/);
    expect(read).toThrow(expect.objectContaining({ cause: new TypeError("no database") }));
  });

  it("reads next as a method of the same side first, and leaves unknown names for the graph to report", () => {
    const { tasks, graph } = tasksOfClass(Both, "both");
    expect(tasks.map(({ name, settings }) => [name, ...settings.next])).toEqual([
      ["go", "static.same"],
      ["static.same"],
      ["same", "last"],
      ["last", "elsewhere"],
    ]);
    expect(graph.validate().map(({ kind }) => kind)).toContain("unknown-next");
  });

  it("refuses a task that was overwritten by a value", () => {
    const instance = new Both();
    Object.assign(instance, { last: 5 });
    expect(() => tasksOfClass(instance, "both")).toThrow(/task Both\.last is 5: expected a function/);
  });

  it.each([null, undefined, 5, "Order", {}, [], () => 1, class {}])("refuses %s", (value) => {
    expect(() => tasksOfClass(value as object, "x")).toThrow(DefinitionError);
  });

  it("reads a class without tasks as a mistake", () => {
    expect(() => tasksOfClass(class Empty {}, "x")).toThrow(/class Empty has no tasks: expected at least one method with @task\(\)/);
  });
});

describe("workflowDecorator", () => {
  it("notes name, version and further tasks", () => {
    class Plain {}
    workflowDecorator("plain", { version: 2, tasks: [] })(Plain);
    expect(workflowNoteOf(Plain)).toEqual({ name: "plain", version: 2, tasks: [], migrations: new Map() });
    expect(workflowNoteOf(class {})).toBeNull();
    expect(workflowNoteOf(undefined)).toBeNull();
  });

  it("refuses names that are no ids and versions that are no whole numbers", () => {
    expect(() => workflowDecorator("a b")).toThrow(InvalidIdError);
    for (const version of [0, 1.5, Number.NaN, "1", null])
      expect(() => workflowDecorator("a", { version: version as number })).toThrow(/option version of @workflow\("a"\)/);
    expect(() => workflowDecorator("a", 5 as never)).toThrow(/options of @workflow\("a"\) are 5/);
  });
});
