import { describe, expect, it } from "vitest";
import { task } from "../../src/authoring/task.js";
import { DefinitionError } from "../../src/core/errors.js";
import type { TaskContext } from "../../src/core/task-context.js";
import { tellsTheStory } from "../authoring/class-story.js";
import { story } from "./story.js";

tellsTheStory("legacy", story);

describe("arrow function fields with legacy decorators", () => {
  it("are refused with what to do instead", () => {
    const define = () => {
      class C {
        // @ts-expect-error a field cannot be a task in this dialect
        @task()
        run = (_ctx: TaskContext) => 1;
      }
      return C;
    };
    expect(define).toThrow(DefinitionError);
    expect(define).toThrow(/a field, "run": with legacy decorators.*write it as a method/);
  });
});
