import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ExecutionContext, InvalidOptionError, run, SchemaError, type TaskContext, TaskFailedError, task, workflow } from "cairnflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { loadWorkflow, parseWorkflow } from "../../src/yaml/index.js";
import { echo, outputOf, pipelineOf } from "./support.js";

const PIPELINE = `
id: training
version: 3
params:
  lr: 0.1
steps:
  - id: load
    task: load
    parameters:
      path: \${{ input.path }}
  - id: train
    task: train
    needs: load
    parameters:
      rows: \${{ steps.load.output.rows }}
      lr: \${{ params.lr }}
      note: "\${{ steps.load.output.rows[1].name }} of \${{ input.path }} at \${{ params.lr }}"
`;
const load = task("load", (_ctx: TaskContext, { path }: { path: string }) => ({ path, rows: [{ name: "a" }, { name: "b" }] }));
const train = task("train", (_ctx: TaskContext, parameters: { rows: readonly object[]; lr: number; note: string }) => parameters);

describe("a pipeline in YAML", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pipeline-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("runs its steps with parameters from the run's input, params and earlier results", async () => {
    const pipeline = parseWorkflow(PIPELINE, { tasks: { load, train } });
    const { output } = await pipeline.run({ path: "iris.csv" });
    expect(output).toEqual({ rows: [{ name: "a" }, { name: "b" }], lr: 0.1, note: "b of iris.csv at 0.1" });
    expect([pipeline.name, pipeline.version]).toEqual(["training", 3]);
  });

  it("is read from a file, by path or by URL", async () => {
    const file = join(folder, "pipeline.yaml");
    await writeFile(file, PIPELINE);
    for (const place of [file, pathToFileURL(file)]) {
      const pipeline = await loadWorkflow(place, { tasks: { load, train }, params: { lr: 2 } });
      expect((await run(pipeline, { path: "x" })).output).toMatchObject({ lr: 2, note: "b of x at 2" });
    }
  });

  it("has messages for files that cannot be read", async () => {
    const options = { tasks: { load, train } };
    await writeFile(join(folder, "latin.yaml"), Buffer.from([0x69, 0x64, 0x3a, 0x20, 0xe9]));
    await writeFile(join(folder, "large.yaml"), "#".repeat(1_000_000));
    await expect(loadWorkflow(join(folder, "none.yaml"), options)).rejects.toThrow(/none\.yaml cannot be read \(ENOENT\)/);
    await expect(loadWorkflow(folder, options)).rejects.toThrow(/is no file: expected the path/);
    await expect(loadWorkflow(join(folder, "latin.yaml"), options)).rejects.toThrow(/its bytes are not UTF-8/);
    await expect(loadWorkflow(join(folder, "large.yaml"), options)).rejects.toThrow(
      /is 1000000 bytes long: expected at most 262144 characters/,
    );
  });

  it("hands a step without parameters what comes along the edge", async () => {
    const text = "id: p\nsteps:\n - { id: a, task: echo }\n - { id: b, task: echo, needs: a }\n - { id: c, task: echo, needs: [a, b] }\n";
    expect(await outputOf(text, 7)).toEqual({ a: 7, b: 7 });
  });

  it("starts every step without needs, and gives the outputs of the last ones by name", async () => {
    const text = "id: p\nsteps:\n - { id: a, task: echo, parameters: 1 }\n - { id: b, task: echo, parameters: [x, { y: null }] }\n";
    expect(await outputOf(text)).toEqual({ a: 1, b: ["x", { y: null }] });
  });

  it("has groups: branches side by side, and a branch for each item", async () => {
    const text = `
id: p
steps:
  - id: list
    task: echo
    parameters: { rows: [1, 2, 3] }
  - id: doubled
    needs: list
    each:
      - { id: one, task: double, parameters: "\${{ item }}" }
      - { id: two, task: double, parameters: "\${{ previous }}" }
    items: \${{ steps.list.output.rows }}
    concurrency: 2
  - id: sides
    needs: doubled
    parallel:
      - { id: left, task: echo, parameters: { first: "\${{ steps.doubled.output[0] }}" } }
      - - { id: mid, task: echo, parameters: "\${{ steps.list.output.rows[2] }}" }
        - { id: right, task: echo, parameters: "\${{ steps.mid.output }}\${{ previous }}" }
      - { id: broken, task: broken }
    policy: { critical: [left, right] }
  - { id: end, task: echo, needs: sides, parameters: ["\${{ steps.right.output }}", "\${{ steps.sides.output.left.value }}"] }
`;
    const double = task("double", (_ctx: TaskContext, n: number) => n * 2);
    const broken = task("broken", () => {
      throw new Error("down");
    });
    const pipeline = pipelineOf(text, { tasks: { double, broken } });
    expect(pipeline.graph.validate()).toEqual([]);
    expect((await pipeline.run()).output).toEqual(["33", { first: 4 }]);
  });

  it("runs a step by the settings of its text, and else by those of its task", async () => {
    const failing = task("failing", { retry: 9, tags: ["gpu"], timeout: "1h" }, (ctx: TaskContext) => {
      if (ctx.attempt < 3) throw new Error("not yet");
      return ctx.attempt;
    });
    const text =
      "id: p\nsteps:\n - { id: a, task: failing, retry: { maxRetries: 2 }, timeout: 5m, maxCycles: 4, critical: true, checkpoint: before }\n";
    const pipeline = pipelineOf(text, { tasks: { failing } });
    expect((await pipeline.run()).output).toBe(3);
    const { settings } = pipeline.graph.tasks()[1] as typeof failing;
    expect(settings).toMatchObject({ timeoutMs: 300_000, maxCycles: 4, critical: true, checkpoint: "before", tags: ["gpu"] });
    await expect(pipelineOf(text.replace("2 }", "1 }"), { tasks: { failing } }).run()).rejects.toThrow(TaskFailedError);
  });

  it("checks parameters by the schema of the task, and gives it what that makes of them", async () => {
    const pay = task("pay", { input: z.object({ amount: z.coerce.number() }) }, (_ctx, { amount }) => amount + 1);
    const text = `id: p\nsteps:\n - { id: a, task: pay, parameters: { amount: '\${{ input }}' } }\n`;
    expect(await outputOf(text, "41", { tasks: { pay } })).toBe(42);
    const error = await outputOf(text, "much", { tasks: { pay } }).catch((thrown: Error) => thrown);
    expect((error as Error).cause).toBeInstanceOf(SchemaError);
  });

  it("lets its tasks iterate, jump to steps, read results, and queue tasks that are no step", async () => {
    const note = task("note", (_ctx: TaskContext, text: string) => text);
    const count = task("count", (ctx: TaskContext, n: number): number => {
      if (n < 5) ctx.nextIteration(n + 1);
      return n;
    });
    const decide = task("decide", async (ctx: TaskContext, text: string) => {
      ctx.nextTask(note, { input: `noted ${text} ${await ctx.result(count)}`, id: "n-1" });
      if (text !== "again") ctx.goto(decide, "again");
      return text;
    });
    const text = `id: p\nsteps:\n - { id: c, task: count, parameters: 3 }\n - { id: d, task: decide, needs: c, parameters: 'c is \${{ steps.c.output }}' }\n`;
    const context = ExecutionContext.create(pipelineOf(text, { tasks: { note, count, decide } }));
    await context.run();
    expect(await context.channel.get("d.__result__")).toBe("again");
    expect(await context.channel.get("n-1.__result__")).toBe("noted again 5");
  });

  it("takes a task for several steps", async () => {
    const text = `id: p\nsteps:\n - { id: a, task: echo, parameters: 1 }\n - { id: b, task: echo, needs: a, parameters: ['\${{ steps.a.output }}', 2] }\n`;
    expect(await outputOf(text)).toEqual([1, 2]);
  });
});

describe("the options of a pipeline", () => {
  const text = `id: p\nparams: { a: 1 }\nsteps:\n - { id: a, task: echo, parameters: '\${{ params.b }}' }\n`;

  it("are refused if nobody knows them", () => {
    expect(() => parseWorkflow(text, { tasks: { echo }, param: {} } as never)).toThrow(/parseWorkflow has no option "param"/);
    expect(() => parseWorkflow(text, { tasks: { echo: workflow("w", echo) } } as never)).toThrow(
      /task "echo" in option tasks of parseWorkflow is \(object\)/,
    );
    expect(() => parseWorkflow(text, { tasks: [echo] } as never)).toThrow(/option tasks of parseWorkflow is \(object\)/);
    expect(() => parseWorkflow(text, { tasks: { echo }, params: [1] } as never)).toThrow(InvalidOptionError);
    expect(() => parseWorkflow(text, { tasks: { echo }, params: { b: () => 1 } })).toThrow(/params\.b/);
    expect(() => parseWorkflow(text, { tasks: { echo, "../x": echo } })).toThrow(/"\.\.\/x" is not a valid id/);
    expect(() => parseWorkflow(7 as never, { tasks: { echo } })).toThrow(/parseWorkflow got \(number\)/);
    expect(() => parseWorkflow(text, { tasks: { echo }, params: { b: 1 }, migrate: { 7: () => {} } } as never)).toThrow(/option migrate/);
  });

  it("name a value that nothing asks for", () => {
    expect(() => parseWorkflow(text, { tasks: { echo }, params: { b: 1, bb: 2 } })).toThrow(
      /has "bb", which nothing in the pipeline asks for: did you mean "b"/,
    );
    expect(() => parseWorkflow(text, { tasks: { echo }, params: { b: 1, a: 2 } })).not.toThrow();
  });
});
