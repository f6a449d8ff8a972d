import { describe, expect, it } from "vitest";
import { pipelineOf, problemsOf } from "./support.js";

const IN = "id: p\nsteps:\n - id: a\n   task: echo\n   parameters:\n";

describe("a text that is YAML, and no pipeline's,", () => {
  it.each([
    ["an anchor and its alias", `${IN}     - &x 1\n     - *x\n`, ["6:11 the anchor &x", "7:8 the alias *x"]],
    [
      "an alias bomb",
      `${IN}     a: &a [x, x]\n     b: &b [*a, *a]\n     c: [*b, *b]\n`,
      ["the anchor &a", "the anchor &b", "the alias *a", "the alias *b"],
    ],
    ["a key that stands twice", `${IN}     a: 1\n     a: 2\n`, ['7:6 the key "a" stands here for the second time']],
    ["a step's field that stands twice", `${IN}     1\n   task: echo\n`, ['7:4 the key "task"']],
    ["a merge key", `${IN}     <<: { b: 1 }\n`, ["6:6 the merge key <<"]],
    ["a tag that makes a function", `${IN}     !!js/function x\n`, ["js/function stands here"]],
    ["a tag of its own", `${IN}     a: !env HOME\n`, ["the tag !env"]],
    ["a tag that YAML knows", `${IN}     a: !!binary aGk=\n`, ["2002:binary stands here"]],
    ["a tagged key", `${IN}     !!str a: 1\n`, ["an anchor or a tag stands before this key"]],
    ["a key of a prototype", `${IN}     __proto__: { isAdmin: true }\n`, ['6:6 the key "__proto__" is reserved']],
    ["a constructor's key, deep down", `${IN}     - { a: { constructor: 1 } }\n`, ['the key "constructor" is reserved']],
    ["a number for a key", `${IN}     1: 2\n`, ["6:6 a key stands here that is no text"]],
    ["nothing for a key", `${IN}     null: 2\n`, ["6:6 a key stands here that is no text"]],
    ["a list for a key", `${IN}     ? [a]\n     : 2\n`, ["6:8 a key stands here that is no text"]],
    ["a second document", `${IN}     1\n---\nid: q\n`, ["7:1 a second document begins here"]],
    ["a directive", `%YAML 1.1\n---\n${IN}     yes\n`, ["1:1 a directive (%) stands here"]],
    [
      "a whole number that is too large",
      `${IN}     12345678901234567890\n`,
      ["6:6 a whole number stands here that no number can hold exactly"],
    ],
    ["no YAML at all", `${IN}     [1\n`, ["this is no YAML that can be read"]],
    ["tabs", "\tid: p\n", ["1:1 this is no YAML that can be read: Tabs are not allowed"]],
  ])("with %s is refused", (_, text, expected) => {
    const found = problemsOf(text).join("\n");
    for (const problem of expected) expect(found).toContain(problem);
  });

  it.each([
    ["brackets", `x: ${"[".repeat(100_000)}`],
    ["braces", "{a: ".repeat(30_000)],
    ["dashes", "- ".repeat(100_000)],
    ["question marks", "? ".repeat(100_000)],
    ["indents", Array.from({ length: 500 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
  ])("nested too deep by %s is refused, and harms nothing", (_, text) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining("maps and lists are nested more than 32 deep")]);
  });

  it("longer than a pipeline can be is refused unread", () => {
    expect(problemsOf("&".repeat(300_000))).toEqual([
      "1:1 the text is 300000 characters long: expected at most 262144; make several pipelines of it.",
    ]);
  });

  it("has no effect on how keys of other objects are found", async () => {
    const { output } = await pipelineOf(`${IN}     { toString: 1, hasOwnProperty: 2, length: 3 }\n`).run();
    expect(output).toEqual({ toString: 1, hasOwnProperty: 2, length: 3 });
  });

  it("says what it holds as the core schema has it: no yes, no dates, no octal by a zero", async () => {
    const { output } = await pipelineOf(`${IN}     [yes, 2020-01-01, 010, 0x10, ~, "1", 1.5, true, 1_000]\n`).run();
    expect(output).toEqual(["yes", "2020-01-01", 10, 16, null, "1", 1.5, true, "1_000"]);
  });

  it("has its control characters escaped in messages", () => {
    expect(() => pipelineOf('"\\e[2J": 1\nid: "\\u202e\\e[31m"\n')).toThrow(/\\u001b\[2J/);
    expect(problemsOf('"\\e[2J": 1\nid: "\\e[31m"\n').join("")).not.toContain("\u001b");
  });
});
