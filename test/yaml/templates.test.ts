import { TaskFailedError, task } from "cairnflow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TemplateError } from "../../src/yaml/index.js";
import { outputOf, pipelineOf } from "./support.js";

const stepWith = (parameters: unknown): string => JSON.stringify({ id: "p", steps: [{ id: "a", task: "echo", parameters }] });
const resolved = (parameters: unknown, input: unknown): Promise<unknown> => outputOf(stepWith(parameters), input);

describe("a template", () => {
  it("that stands alone keeps the type of its value", async () => {
    const input = { n: 1.5, flag: false, none: null, list: [1, [2]], when: new Date(0), big: 10n, map: { deep: { er: "x" } } };
    for (const [key, value] of Object.entries(input)) expect(await resolved(`\${{ input.${key} }}`, input)).toEqual(value);
    expect(await resolved(`\${{input.map.deep}}`, input)).toEqual({ er: "x" });
    expect(await resolved(`\${{ input.list[1][0] }}`, input)).toBe(2);
  });

  it("within a text makes a text", async () => {
    expect(await resolved(`\${{ input.a }}-\${{ input.b }}, \${{ input.c }}`, { a: "x", b: 2, c: true })).toBe("x-2, true");
    expect(await resolved(` \${{ input }}`, 7)).toBe(" 7");
  });

  it("is found at any depth of lists and maps, and leaves the rest as it is", async () => {
    expect(await resolved({ a: [{ b: `\${{ input }}` }, 1], c: `$ {{ input }} $$\${{ input }}` }, 7)).toEqual({
      a: [{ b: 7 }, 1],
      c: `$ {{ input }} $\${{ input }}`,
    });
  });

  it("is written as text with a second dollar sign", async () => {
    expect(await resolved(`$\${{ input }} is \${{ input }}`, 1)).toBe(`\${{ input }} is 1`);
    expect(await resolved(`$\${{`, 1)).toBe(`\${{`);
  });

  it("names fields of any text in brackets", async () => {
    expect(await resolved(`\${{ input["learning rate"].x["ä.b"] }}`, { "learning rate": { x: { "ä.b": 1 } } })).toBe(1);
  });

  it.each([
    [`\${{ input.b }}`, { a: 1 }, 'asks for "b", but input is an object without it'],
    [`\${{ input.a.b }}`, { a: "text" }, 'asks for "b", but input.a is a string without it'],
    [`\${{ input.a.length }}`, { a: "text" }, 'asks for "length"'],
    [`\${{ input.length }}`, [1, 2], 'asks for "length", but input is a list of 2 without it'],
    [`\${{ input[2] }}`, [1, 2], "asks for item 2, but input is a list of 2 without it"],
    [`\${{ input[0] }}`, { 0: 1 }, "asks for item 0, but input is an object without it"],
    [`\${{ input.toString }}`, {}, 'asks for "toString"'],
    [`\${{ input.__proto__ }}`, {}, 'asks for "__proto__"'],
    [`\${{ input.constructor.name }}`, {}, 'asks for "constructor"'],
    [`\${{ input.size }}`, new Map([["size", 1]]), 'asks for "size"'],
    [`\${{ input }}`, undefined, "asks for input, which is not there"],
    [`a \${{ input }}`, { secret: "s3cret" }, "is an object, which cannot stand within a text"],
    [`a \${{ input }}`, null, "is null, which cannot stand within a text"],
  ])("that leads to nothing fails its step: %s of %j", async (template, input, message) => {
    const error = (await resolved(template, input).catch((thrown: unknown) => thrown)) as TaskFailedError;
    expect(error).toBeInstanceOf(TaskFailedError);
    expect(error.cause).toBeInstanceOf(TemplateError);
    expect((error.cause as Error).message).toContain(message);
    expect((error.cause as Error).message).toContain('of step "a"');
    expect(error.message).not.toContain("s3cret");
  });

  it("that leads to nothing is not tried again", async () => {
    let retries = 0;
    const text = JSON.stringify({ id: "p", steps: [{ id: "a", task: "echo", retry: 5, parameters: `\${{ input.x }}` }] });
    await expect(pipelineOf(text).run({}, { events: { taskRetrying: () => void retries++ } })).rejects.toThrow(TaskFailedError);
    expect(retries).toBe(0);
  });

  it("fails the list of an each that is none", async () => {
    const text = JSON.stringify({ id: "p", steps: [{ id: "g", each: { id: "x", task: "echo" }, items: `\${{ input }}` }] });
    expect(await outputOf(text, [1, 2])).toEqual([1, 2]);
    await expect(outputOf(text, "12")).rejects.toThrow(/items of step "g" is no list/);
  });

  it("cannot be reached by values that look like one", async () => {
    expect(await resolved({ a: `\${{ input.text }}` }, { text: `\${{ input.secret }}`, secret: 1 })).toEqual({ a: `\${{ input.secret }}` });
  });

  it("of params cannot be changed by a task for the next run", async () => {
    const change = task("change", (_ctx, config: { list: number[] }) => {
      config.list.push(1);
    });
    const params = { config: { list: [0] } };
    const text = JSON.stringify({ id: "p", steps: [{ id: "a", task: "change", parameters: `\${{ params.config }}` }] });
    const pipeline = pipelineOf(text, { tasks: { change }, params });
    await expect(pipeline.run()).rejects.toThrow(/not extensible|read only/);
    expect(params.config.list).toEqual([0]);
  });

  it("without a path in it is the text itself, whatever that is", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 40 }).filter((one) => !one.includes(`\${{`));
    await fc.assert(
      fc.asyncProperty(text, async (one) => {
        expect(await resolved({ one }, null)).toEqual({ one });
      }),
      { numRuns: 100 },
    );
  });
});
