import { describe, expect, it } from "vitest";
import { task } from "../../src/authoring/task.js";
import { tasksOfClass } from "../../src/authoring/workflow-class.js";
import { workflowDecorator as workflow } from "../../src/authoring/workflow-note.js";
import { DefinitionError } from "../../src/core/errors.js";
import { TaskGraph } from "../../src/core/graph.js";
import type { TaskContext } from "../../src/core/task-context.js";
import { call, tellsTheStory } from "../authoring/class-story.js";
import { story } from "./story.js";

tellsTheStory("standard", story);

@workflow("fields")
class Fields {
  rate = 3;
  @task({ start: true, next: "second" }) first = async (_ctx: TaskContext, amount: number) => amount * this.rate;
  @task({ next: "first" }) second = (_ctx: TaskContext, amount: number) => amount + 1;
}

describe("arrow function fields with standard decorators", () => {
  it("are tasks of their instance", async () => {
    const one = new Fields();
    const other = new Fields();
    other.rate = 10;
    const { tasks, methods, graph } = tasksOfClass(one);
    expect(tasks.map((made) => made.name)).toEqual(["first", "second"]);
    expect(graph.validate()).toEqual([]);
    expect(await call(tasks[0], 5)).toBe(15);
    expect(await call(tasksOfClass(other).tasks[0], 5)).toBe(50);
    expect(methods.get(one.second)).toBe(tasks[1]);
    expect(tasksOfClass(Fields).tasks).toHaveLength(2);
  });

  it("register themselves in a graph when static", () => {
    const graph = new TaskGraph("g");
    class Steps {
      @task({ graph }) static only = (_ctx: TaskContext, amount: number) => amount * 2;
    }
    expect(Steps.only({} as TaskContext, 2)).toBe(4);
    expect(call(graph.tasks()[0], 4)).toBe(8);
  });

  it("are refused if private, or if they hold no function", () => {
    const secret = () => {
      class C {
        // @ts-expect-error whether the name fits is not the point here
        @task() #run(_ctx: TaskContext) {}
        use() {
          return this.#run;
        }
      }
      return C;
    };
    expect(secret).toThrow(DefinitionError);
    expect(secret).toThrow(/private method "#run".*drop the #/);
    class Number5 {
      @task() five = 5 as unknown as (ctx: TaskContext) => number;
    }
    expect(() => new Number5()).toThrow(/field "five".*expected a function/);
  });
});
