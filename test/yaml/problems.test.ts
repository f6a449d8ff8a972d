import { describe, expect, it } from "vitest";
import { PipelineError } from "../../src/yaml/index.js";
import { pipelineOf, problemsOf } from "./support.js";

const START = "id: p\nsteps:\n - { id: a, task: echo }\n";
const withStep = (step: string): string => `${START} - ${step}\n`;

describe("what is wrong with the text of a pipeline", () => {
  it("is told all at once, by file, line and column", () => {
    const text = withStep("{ id: b, task: ehco, needs: c }").replace("id: p", "id: ../p");
    const error = (() => {
      try {
        return pipelineOf(text);
      } catch (thrown) {
        return thrown as PipelineError;
      }
    })();
    expect(error).toBeInstanceOf(PipelineError);
    expect((error as PipelineError).code).toBe("PIPELINE");
    expect((error as PipelineError).message).toBe(
      [
        "p.yaml has 3 problems:",
        '- p.yaml:1:5: id "../p" is not a valid id: expected 1 to 128 of A-Z a-z 0-9 . _ - starting with a letter or digit; choose such a name.',
        '- p.yaml:4:19: step "b" has the task "ehco", which the program does not give: did you mean "echo"?',
        '- p.yaml:4:32: step "b" needs "c", which is no step: expected one of "a", "b"; correct the name.',
      ].join("\n"),
    );
  });

  it("is shown up to a limit, however much there is", () => {
    const text = `id: p\nsteps:\n${" - 1\n".repeat(70)}`;
    expect(problemsOf(text)).toHaveLength(70);
    expect(() => pipelineOf(text)).toThrow(/has 70 problems:[\s\S]*p\.yaml:52:4[^\n]*\n- and 20 more$/);
  });

  it.each([
    ["", "1:1 the pipeline is nothing: expected a map"],
    ["- a", "1:1 the pipeline is a list: expected a map"],
    ["id: 7\nsteps: []", "1:5 id is 7: expected a text"],
    [`id: ${"x".repeat(125)}\nsteps: []`, "1:5 id is 125 characters long: expected at most 120"],
    ["id: p\nsteps: []", "2:8 steps is an empty list: expected at least one step"],
    ["id: p\nsteps: x", '2:8 steps is "x": expected a list'],
    ["idd: p\nsteps: []", '1:1 the pipeline has no field "idd": did you mean "id"?'],
    ["id: p\nSteps: []", '2:1 the pipeline has no field "Steps": did you mean "steps"?'],
    [withStep("{ task: echo }"), "4:4 a step has no id"],
    [withStep("{ id: b.c, task: echo }"), '4:10 id of a step is "b.c": expected 1 to 120'],
    [withStep("{ id: constructor, task: echo }"), "is reserved"],
    [withStep("{ id: a, task: echo }"), '4:4 step "a" has the id of the one in line 3'],
    [withStep("{ id: b, tsk: echo }"), '4:13 a step has no field "tsk": did you mean "task"?'],
    [withStep("{ id: b }"), '4:4 step "b" has no task: expected task:'],
    [withStep("{ id: b, task: echo, needs: A }"), '4:32 step "b" needs "A", which is no step: did you mean "a"?'],
    [withStep("{ id: b, task: echo, needs: a, dependencies: a }"), '4:49 step "b" has needs and dependencies'],
    [withStep("{ id: b, task: echo, needs: b }"), '4:4 step "b" needs itself'],
    [withStep("{ id: b, task: echo, retry: { maxRetry: 1 } }"), '4:32 retry has no option "maxRetry"'],
    [withStep("{ id: b, task: echo, max_cycles: 2 }"), '4:25 a step has no field "max_cycles": did you mean "maxCycles"?'],
    [withStep("{ id: b, task: echo, timeout: soon }"), '4:34 option timeout of step "b" is "soon"'],
    [withStep("{ id: b, task: echo, handler: ../x }"), "4:34 "],
    [withStep("{ id: b, task: echo, resume: { critical: 1 } }"), '4:45 critical in resume of step "b" is 1: expected true or false'],
    [withStep("{ id: g, parallel: [{ id: x, task: echo, needs: a }] }"), "expected none, as the steps of a branch follow each other"],
    [withStep("{ id: g, parallel: [[]] }"), '4:24 a branch of step "g" is an empty list'],
    [withStep("{ id: g, parallel: [] }"), "4:4 parallel([]) has no branches"],
    [
      withStep("{ id: g, parallel: [{ id: x, task: echo }], policy: { atLeast: 2 } }"),
      "4:56 policy atLeast(2): the group has only 1 members",
    ],
    [withStep("{ id: g, parallel: [{ id: x, task: echo }], policy: some }"), '4:56 policy is "some": expected strict, bestEffort'],
    [withStep("{ id: g, each: { id: x, task: echo }, concurrency: 0 }"), '4:55 concurrency of step "g" is 0'],
    [withStep("{ id: g, each: { id: x, task: echo }, parameters: 1 }"), '4:42 a step has no field "parameters"'],
    [
      `${withStep("{ id: g, each: { id: x, task: echo } }")} - { id: z, task: echo, needs: x }`,
      'which is inside group "g": expected the group',
    ],
    [`${START}version: 0`, "4:10 version is 0: expected a whole number from 1 up"],
    [`${START}params: []`, "4:9 params is a list: expected a map"],
    [`${START}resume: 1`, "4:9 resume is 1: expected a map"],
    [`${START}resume: { enabled: yes }`, '4:20 resume.enabled is "yes": expected true or false'],
    [`${START}resume: { checkpoint_interval: 0 }`, "4:32 resume.checkpoint_interval is 0"],
    [`${START}resume: { checkpoint_interval: 0s }`, '4:32 resume.checkpoint_interval is "0s"'],
    [`${START}resume: { max_retries: -1 }`, "4:24 resume.max_retries is -1"],
    [`${START}resume: { retry_failed: 1 }`, "4:25 resume.retry_failed is 1"],
    [`${START}resume: { max_retry: 1 }`, '4:11 resume has no field "max_retry"'],
  ])("names its place: %j", (text, problem) => {
    expect(problemsOf(text).filter((found) => found.includes(problem))).toHaveLength(1);
  });

  it("holds a cycle of several steps", () => {
    const text = withStep("{ id: b, task: echo, needs: [a, c] }\n - { id: c, task: echo, needs: b }");
    expect(problemsOf(text)).toEqual([expect.stringMatching(/^4:4 step "b" needs itself, by way of the steps it needs/)]);
  });
});

describe("a template", () => {
  const problemOf = (template: string): string[] =>
    problemsOf(withStep(`{ id: b, task: echo, parameters: '${template}' }`), { params: { lr: 1 } });

  it.each([
    [`\${{ steps.a.output }}`, "which need not have ended by then: expected a step that comes before; add it to needs"],
    [`\${{ steps.aa.output }}`, 'asks for step "aa", which is not there: did you mean "a"?'],
    [`\${{ steps.a }}`, "names no output: expected steps.<id>.output"],
    [`\${{ steps.a.result }}`, "names no output"],
    [`\${{ step.a.output }}`, 'begins with "step": did you mean "steps"?'],
    [`\${{ env.HOME }}`, 'begins with "env": expected one of "input", "params", "steps", "item", "previous"'],
    [`\${{ params.lrr }}`, 'asks for the parameter "lrr", which neither the text nor the program gives: did you mean "lr"?'],
    [`\${{ params }}`, "names no parameter"],
    [`\${{ item }}`, "asks for the item: expected in the first step of an each"],
    [`\${{ previous }}`, "asks for the step before it in its branch, and there is none"],
    [`\${{ 1 + 1 }}`, "is no path: expected a path such as"],
    [`\${{ input.a() }}`, "is no path"],
    [`\${{ input[input.b] }}`, "is no path"],
    [`\${{ input..b }}`, "is no path"],
    [`\${{ }}`, "is no path"],
    [`a \${{ input.x`, `a template begins with \${{ and does not end`],
  ])("that leads nowhere is a problem: %s", (template, problem) => {
    expect(problemOf(template)).toEqual([expect.stringContaining(problem)]);
    expect(problemOf(template)[0]).toMatch(/^4:37 /);
  });

  it("is checked beside others in one text", () => {
    expect(problemOf(`\${{ 1 }} \${{ params.x }} \${{ nothing }}`)).toHaveLength(3);
    expect(problemOf(`\${{ params.x }} \${{ params.y }}`)).toHaveLength(2);
  });

  it("of a step for each item cannot be named from outside", () => {
    const text = withStep(
      `{ id: g, each: { id: x, task: echo } }\n - { id: z, task: echo, needs: g, parameters: '\${{ steps.x.output }}' }`,
    );
    expect(problemsOf(text)).toEqual([expect.stringContaining("which runs for each item and has no output of its own")]);
  });
});
