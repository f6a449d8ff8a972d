import {
  CheckpointNotFoundError,
  canResume,
  chain,
  each,
  IncompatibleCheckpointError,
  MemoryCheckpointStore,
  openCheckpointStore,
  parallel,
  resume,
  type TaskContext,
  task,
  type Workflow,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";
import { failureOf } from "./support/tools.js";

const ran: string[] = [];
const noting = <const Name extends string>(name: Name) =>
  task(name, (_: TaskContext, n: number) => {
    ran.push(name);
    return n;
  });
const [load, score, store, mail] = [noting("load"), noting("score"), noting("store"), noting("mail")];
const broken = task("broken", (_: TaskContext, _n: number): number => {
  throw new Error("broken");
});
const asks = task("asks", (ctx: TaskContext, n: number) => {
  ctx.nextTask(mail, { id: "mail-1", input: n });
  return n;
});

/** A run of load -> asks -> broken that failed, with mail queued. */
async function saved(): Promise<MemoryCheckpointStore> {
  const checkpoints = new MemoryCheckpointStore();
  const w = workflow("jobs", chain(load, asks, broken), { tasks: [mail] });
  await failureOf(w.run(1, { runId: "r", checkpoints, concurrency: 1 }));
  ran.length = 0;
  return checkpoints;
}

async function refusal(from: MemoryCheckpointStore, target: Workflow<never, unknown>): Promise<IncompatibleCheckpointError> {
  const error = await failureOf(resume(target, { from, runId: "r" }));
  expect(error).toBeInstanceOf(IncompatibleCheckpointError);
  const report = await canResume(target, { from, runId: "r" });
  expect(report.resumable).toBe(false);
  expect(report.problems).toEqual(error["problems"]);
  expect(ran).toEqual([]);
  return error as unknown as IncompatibleCheckpointError;
}

describe("a resume under code that does not fit", () => {
  it("is refused for tasks that are gone, each with its fix, before anything runs", async () => {
    const error = await refusal(await saved(), workflow("jobs", chain(load, score)));
    expect(error.problems.filter(({ kind }) => kind === "missing").map(({ message }) => message)).toEqual([
      expect.stringContaining('"jobs#asks"'),
      expect.stringContaining('"jobs#broken"'),
    ]);
    expect(error.message).toMatch(/does not fit the code \(\d problems\):\n- missing: .*to mend it, .*formerly: \["jobs#asks"\]/);
    expect(error).toMatchObject({ runId: "r", code: "CHECKPOINT_INCOMPATIBLE", outcome: "not-applied" });
  });

  it("is refused for a dynamic task that is pending and not known any more", async () => {
    const checkpoints = new MemoryCheckpointStore();
    const waits = task("waits", (ctx: TaskContext) => {
      ctx.nextTask(mail, { id: "mail-1", input: 1 });
      ctx.checkpoint();
    });
    await workflow("jobs", waits, { tasks: [mail] }).run(undefined, { runId: "r", checkpoints });
    ran.length = 0;
    const error = await refusal(checkpoints, workflow("jobs", waits));
    expect(error.problems).toMatchObject([{ kind: "missing", message: expect.stringContaining('"jobs#mail"') }]);
  });

  it("is refused for tasks that have moved to another module, with the line that would mend it", async () => {
    const moved = task("load", { module: "elsewhere" }, (_: TaskContext, n: number) => n);
    const error = await refusal(await saved(), workflow("jobs", chain(moved, asks, broken), { tasks: [mail] }));
    expect(error.problems).toMatchObject([
      { kind: "moved", message: expect.stringContaining('"elsewhere#load"'), fix: expect.stringContaining('formerly: ["jobs#load"]') },
    ]);
  });

  it("is refused for a graph of another shape, edge by edge", async () => {
    const error = await refusal(await saved(), workflow("jobs", chain(load, broken, asks), { tasks: [mail] }));
    expect(error.problems.map(({ kind, message }) => `${kind}: ${message}`)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/changed: the edge from "load" to "asks" is no more/),
        expect.stringMatching(/"load" to "broken" is new/),
      ]),
    );
  });

  it("is refused for groups that changed: members, policy, kind", async () => {
    const checkpoints = new MemoryCheckpointStore();
    await failureOf(workflow("jobs", parallel([load, broken], { name: "both" })).run(1, { runId: "r", checkpoints }));
    ran.length = 0;
    const others = [
      parallel([load, broken], { name: "both", policy: "bestEffort" }),
      parallel([load, broken, score], { name: "both" }),
      parallel([load, broken], { name: "pair" }),
      chain(load, broken),
    ];
    for (const flow of others.slice(0, 2))
      expect((await refusal(checkpoints, workflow("jobs", flow as never))).problems[0]).toMatchObject({ kind: "changed" });
    expect((await refusal(checkpoints, workflow("jobs", others[3] as never))).problems[0]).toMatchObject({ kind: "changed" });
    const list = new MemoryCheckpointStore();
    await failureOf(workflow("jobs", each(broken, { name: "both" })).run([1], { runId: "r", checkpoints: list }));
    expect((await refusal(list, workflow("jobs", parallel([broken], { name: "both" })))).problems[0]).toMatchObject({ kind: "changed" });
  });

  it("is refused for another workflow, and for another version", async () => {
    const from = await saved();
    const flow = chain(load, asks, broken);
    expect((await refusal(from, workflow("tasks", flow, { tasks: [mail] }))).problems[0]).toMatchObject({ kind: "workflow" });
    expect((await refusal(from, workflow("jobs", flow, { tasks: [mail], version: 2 }))).problems).toMatchObject([{ kind: "version" }]);
  });

  it("is not refused for options, bodies and tasks that came on top", async () => {
    const mended = task("broken", { retry: 3, timeout: "1m" }, (_: TaskContext, n: number) => `mended ${n}`);
    const from = await saved();
    const now = workflow("jobs", chain(load, asks, mended), { tasks: [mail, store] });
    expect(await canResume(now, { from, runId: "r" })).toMatchObject({ resumable: true, problems: [] });
    expect(await resume(now, { from, runId: "r" })).toMatchObject({ output: "mended 1" });
  });
});

describe("canResume", () => {
  it("tells what has completed, failed and waits, and changes nothing", async () => {
    const from = await saved();
    const w = workflow("jobs", chain(load, asks, broken), { tasks: [mail] });
    const report = await canResume(w, { from, runId: "r" });
    expect(report).toMatchObject({ resumable: true, problems: [], checkpoint: { runId: "r", reason: "error" } });
    expect(report.completed).toEqual(["load", "asks", "mail-1"].filter((id) => report.completed.includes(id)));
    expect(report.failed).toMatchObject([{ taskId: "broken", input: 1, lastError: { message: expect.stringContaining("broken") } }]);
    expect([...report.completed, ...report.pending.map(({ taskId }) => taskId)].sort()).toEqual(["asks", "load", "mail-1"]);
    expect(await openCheckpointStore(from).list("r")).toHaveLength(1);
    expect(ran).toEqual([]);
  });

  it("reports a run or checkpoint that is not there, as resume refuses it", async () => {
    const from = await saved();
    const w = workflow("jobs", chain(load, asks, broken), { tasks: [mail] });
    for (const where of [{ runId: "nobody" }, { runId: "r", at: "nowhere" }]) {
      expect(await canResume(w, { from, ...where })).toMatchObject({
        resumable: false,
        checkpoint: null,
        problems: [{ kind: "CHECKPOINT_NOT_FOUND" }],
      });
      expect(await failureOf(resume(w, { from, ...where }))).toBeInstanceOf(CheckpointNotFoundError);
    }
  });
});
