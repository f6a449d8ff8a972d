import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ExecutionContext,
  IncompatibleCheckpointError,
  InvalidOptionError,
  MemoryCheckpointStore,
  openCheckpointStore,
  type TaskContext,
  TaskFailedError,
  task,
} from "cairnflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { echo, pipelineOf } from "./support.js";

const PIPELINE = `id: etl
steps:
  - id: load
    task: echo
    parameters: { rows: [1, 2, 3] }
  - id: store
    task: fragile
    needs: load
    parameters: \${{ steps.load.output.rows }}
`;

/** A task that fails until it is mended, and counts how often it was called. */
function fragileTask() {
  const facts = { isMended: false, calls: 0 };
  const fragile = task("fragile", (_ctx: TaskContext, rows: readonly number[]) => {
    facts.calls++;
    if (!facts.isMended) throw new Error("the disk is full");
    return rows.length;
  });
  return { facts, fragile };
}

describe("a checkpoint of a pipeline", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pipeline-resume-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const left = async (runId: string) => {
    const { facts, fragile } = fragileTask();
    const tasks = { fragile };
    await expect(pipelineOf(PIPELINE, { tasks }).run(null, { runId, checkpoints: folder })).rejects.toThrow(TaskFailedError);
    facts.isMended = true;
    return { tasks, resume: (text: string) => pipelineOf(text, { tasks }).resume({ from: folder, runId }) };
  };

  it("fits its text after an edit of comments, blanks, order of fields and ways of writing", async () => {
    const { resume, tasks } = await left("edited");
    const edited = `# nightly
id:   "etl"
steps:
  - { task: echo, id: load, parameters: { rows: [ 1, 2, 3 ] } } # first

  - needs: [ load ]
    parameters: '\${{steps.load.output.rows}}'
    id: store
    task: fragile
`;
    expect(pipelineOf(edited, { tasks }).graph.hash()).toBe(pipelineOf(PIPELINE, { tasks }).graph.hash());
    expect((await resume(edited)).output).toBe(3);
  });

  it.each([
    ["a step was added", `${PIPELINE}  - { id: more, task: echo, needs: store }\n`],
    [
      "a step got another name",
      PIPELINE.replace("id: load", "id: read").replace("needs: load", "needs: read").replace("steps.load", "steps.read"),
    ],
    ["a step got another task", PIPELINE.replace("task: fragile", "task: echo")],
    ["a step waits for another one", PIPELINE.replace("    needs: load\n", "").replace(`\${{ steps.load.output.rows }}`, "[1]")],
  ])("is refused after %s", async (what, text) => {
    const { resume } = await left(what.replaceAll(" ", "-"));
    await expect(resume(text)).rejects.toThrow(IncompatibleCheckpointError);
  });

  it("fits a step that has another name, if the step says what it was called", async () => {
    const { resume } = await left("renamed");
    const text = PIPELINE.replace("id: store", "id: keep\n    formerly: store");
    expect((await resume(text)).output).toBe(3);
  });
});

describe("the section resume", () => {
  const withSection = (section: string, steps = PIPELINE): string => `${steps}resume: ${section}\n`;
  const mended = () => {
    const { facts, fragile } = fragileTask();
    facts.isMended = true;
    return { fragile };
  };

  it("has checkpoints taken every so many steps, by time, or after each task", async () => {
    const reasons = async (section: string, checkpoints: (store: MemoryCheckpointStore) => object): Promise<string[]> => {
      const store = new MemoryCheckpointStore();
      const pipeline = pipelineOf(withSection(section), { tasks: mended() });
      await pipeline.run(null, { runId: "r", ...checkpoints(store) });
      return (await openCheckpointStore(store).list("r")).map(({ steps, reason }) => `${steps} ${reason}`);
    };
    const plain = (store: MemoryCheckpointStore) => ({ checkpoints: store });
    expect(await reasons("{ checkpoint_interval: 2 }", plain)).toEqual(["2 periodic"]);
    expect(await reasons("{ checkpoint_interval: task }", plain)).toHaveLength(3);
    expect(await reasons("{ checkpoint_interval: 1h }", plain)).toEqual([]);
    expect(await reasons("{ checkpoint_interval: 1h }", (store) => ({ checkpoints: { store, every: { steps: 3 } } }))).toEqual([
      "3 periodic",
    ]);
    expect(await reasons("{ checkpoint_interval: 2 }", (store) => ({ checkpoints: { store, onError: false } }))).toEqual(["2 periodic"]);
    expect(await reasons("{}", plain)).toEqual([]);
  });

  it("marks steps after which a checkpoint is taken", async () => {
    const text = PIPELINE.replace("task: echo", "task: echo\n    resume: { critical: true }");
    const checkpoints = new MemoryCheckpointStore();
    await pipelineOf(text, { tasks: mended() }).run(null, { runId: "r", checkpoints });
    expect((await openCheckpointStore(checkpoints).list("r")).map(({ taskId }) => taskId)).toEqual(["load"]);
  });

  it("has steps tried again that say nothing of it themselves, nor does their task", async () => {
    const { facts, fragile } = fragileTask();
    const retries = async (step: string, tasks: object = { fragile }): Promise<number> => {
      facts.calls = 0;
      const text = withSection("{ enabled: false, max_retries: 2 }", PIPELINE.replace("task: fragile", `task: fragile${step}`));
      await expect(pipelineOf(text, { tasks } as never).run()).rejects.toThrow(TaskFailedError);
      return facts.calls - 1;
    };
    expect(await retries("")).toBe(2);
    expect(await retries("\n    retry: 1")).toBe(1);
    const own = task("fragile", { retry: 4 }, fragile.body as never);
    expect(await retries("", { fragile: own })).toBe(4);
  });

  it("leaves failed steps failed, if it says so and the program does not", async () => {
    const { facts, fragile } = fragileTask();
    const pipeline = pipelineOf(withSection("{ retry_failed: false }"), { tasks: { fragile } });
    const store = new MemoryCheckpointStore();
    await expect(pipeline.run(null, { runId: "r", checkpoints: store })).rejects.toThrow(TaskFailedError);
    facts.isMended = true;
    await expect(pipeline.resume({ from: store, runId: "r" })).rejects.toThrow(/the disk is full/);
    expect(facts.calls).toBe(1);
    expect((await pipeline.fork({ from: store, runId: "r", strategy: { retryFailed: true } })).output).toBe(3);
  });

  it("goes on saving after a resume as it says", async () => {
    const { facts, fragile } = fragileTask();
    const pipeline = pipelineOf(withSection("{ checkpoint_interval: task }"), { tasks: { fragile } });
    const store = new MemoryCheckpointStore();
    await expect(pipeline.run(null, { runId: "r", checkpoints: store })).rejects.toThrow(TaskFailedError);
    facts.isMended = true;
    await pipeline.resume({ from: store, runId: "r" });
    const [newest] = await openCheckpointStore(store).list("r");
    expect([newest?.steps, newest?.taskId]).toEqual([3, "store"]);
  });

  it("asks for a place for checkpoints, unless it is switched off there or by the program", async () => {
    const tasks = mended();
    await expect(pipelineOf(withSection("{}"), { tasks }).run()).rejects.toThrow(InvalidOptionError);
    await expect(pipelineOf(withSection("{}"), { tasks }).run()).rejects.toThrow(/pass \{ checkpoints: "\.\/checkpoints" \}/);
    expect((await pipelineOf(withSection("{}"), { tasks }).run(null, { durability: "none" })).output).toBe(3);
    const store = new MemoryCheckpointStore();
    const off = pipelineOf(withSection("{ enabled: false, checkpoint_interval: task }"), { tasks });
    expect((await off.run(null, { runId: "r", checkpoints: store })).output).toBe(3);
    expect(await openCheckpointStore(store).runs()).toEqual([]);
    expect((await off.run(null, { runId: "r", checkpoints: store, durability: "step" })).checkpoint).toMatchObject({
      seq: 1,
      reason: "auto",
    });
  });

  it("is followed by a context that is given what it makes of the options", async () => {
    const pipeline = pipelineOf(withSection("{ checkpoint_interval: task }"), { tasks: mended() });
    const store = new MemoryCheckpointStore();
    const context = ExecutionContext.create(pipeline, pipeline.runOptions({ runId: "r", checkpoints: store }));
    await context.run();
    expect(await openCheckpointStore(store).list("r")).toHaveLength(3);
    expect(pipelineOf(PIPELINE, { tasks: { ...mended(), echo } }).runOptions({ runId: "r" })).toEqual({ runId: "r" });
  });
});
