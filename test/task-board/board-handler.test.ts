import { describe, expect, it } from "vitest";
import {
  type CairnError,
  chain,
  FatalError,
  MemoryCheckpointStore,
  resume,
  run,
  type TaskContext,
  TaskFailedError,
  type TaskOptions,
  TaskTimeoutError,
  task,
  workflow,
} from "../../src/index.js";
import { type BoardTask, BoardTaskFailedError, boardHandler, openTaskBoard, type TaskBoard } from "../../src/task-board/index.js";

interface Draft {
  readonly title: string;
}

const noBody = (): never => {
  throw new RangeError("a task of the board has no body");
};

const reviewing = (options: Pick<TaskOptions, "retry" | "timeout"> = {}) => {
  const review = task("review", { handler: "board", ...options }, (_ctx: TaskContext, _draft: Draft): string => noBody());
  const publish = task("publish", (_ctx: TaskContext, verdict: string) => `published: ${verdict}`);
  return workflow("press", chain(review, publish));
};

const newBoard = (): Promise<TaskBoard> => openTaskBoard("memory:", { poll: 10 });

/** Completes the next task as an agent would. */
async function agentDoes(board: TaskBoard, status: "done" | "failed", result: unknown, type = "review"): Promise<BoardTask> {
  const found = await board.claim("agent", { types: [type], wait: "10s" });
  return board.complete(found?.id ?? "", "agent", { status, result });
}

/** Runs to a failure; resolves to what it failed with. */
const failureOf = (running: Promise<unknown>): Promise<CairnError> =>
  running.then(
    () => expect.fail("it did not fail"),
    (error) => error as CairnError,
  );

describe("a run whose task names the handler of a board", () => {
  it("hands it out with its input, and goes on with the result", async () => {
    const board = await newBoard();
    const running = run(reviewing(), { title: "Cairns" }, { runId: "r1", handlers: { board: boardHandler(board) } });
    const done = await agentDoes(board, "done", "good");
    expect(done).toMatchObject({ type: "review", data: { title: "Cairns" }, metadata: { runId: "r1", taskId: "review" } });
    expect((await running).output).toBe("published: good");
    expect((await board.summary()).total).toBe(1);
  });

  it("hands it out under the type that is asked for", async () => {
    const board = await newBoard();
    const running = run(reviewing(), { title: "a" }, { handlers: { board: boardHandler(board, { type: "human" }) } });
    await agentDoes(board, "done", "good", "human");
    expect((await running).output).toBe("published: good");
  });

  it("fails with what the agent has said, if the task has no other attempt", async () => {
    const board = await newBoard();
    const failing = failureOf(run(reviewing(), { title: "a" }, { handlers: { board: boardHandler(board) } }));
    await agentDoes(board, "failed", { why: "no paper" });
    const error = await failing;
    expect(error).toBeInstanceOf(TaskFailedError);
    expect(error.cause).toBeInstanceOf(BoardTaskFailedError);
    expect(error.cause).toMatchObject({ status: "failed", result: { why: "no paper" } });
  });

  it("hands it out anew for each further attempt", async () => {
    const board = await newBoard();
    const flow = reviewing({ retry: { maxRetries: 2, initialWait: 1 } });
    const running = run(flow, { title: "a" }, { handlers: { board: boardHandler(board) } });
    const ids = [
      (await agentDoes(board, "failed", 1)).id,
      (await agentDoes(board, "failed", 2)).id,
      (await agentDoes(board, "done", "good")).id,
    ];
    expect((await running).output).toBe("published: good");
    expect(ids).toEqual([ids[0], `${ids[0]}.2`, `${ids[0]}.3`]);
  });

  it("fails for good when somebody cancels the task", async () => {
    const board = await newBoard();
    const flow = reviewing({ retry: { maxRetries: 5, initialWait: 1 } });
    const failing = failureOf(run(flow, { title: "a" }, { handlers: { board: boardHandler(board) } }));
    const { id } = (await board.claim("agent", { wait: "10s" })) ?? {};
    await board.cancel(String(id));
    expect((await failing).cause).toBeInstanceOf(FatalError);
    expect((await board.summary()).total).toBe(1);
  });

  it("finds the task again when its wait was ended by a time-out", async () => {
    const board = await newBoard();
    const flow = reviewing({ timeout: 40, retry: { maxRetries: 1_000, initialWait: 1 } });
    const started: number[] = [];
    const events = {
      taskStarted: ({ attempt, taskId }: { attempt: number; taskId: string }) => void (taskId === "review" && started.push(attempt)),
    };
    const running = run(flow, { title: "a" }, { handlers: { board: boardHandler(board) }, events });
    const found = await board.claim("agent", { wait: "10s" });
    while (started.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await board.complete(found?.id ?? "", "agent", { status: "done", result: "late" });
    expect((await running).output).toBe("published: late");
    expect((await board.summary()).total).toBe(1);
  });

  it("leaves the task when it is cancelled, and finds it again when it is resumed", async () => {
    const [board, store] = [await newBoard(), new MemoryCheckpointStore()];
    const stop = new AbortController();
    const handlers = { board: boardHandler(board) };
    const options = { runId: "r1", checkpoints: { store, every: "task" as const }, handlers };
    const failing = failureOf(run(reviewing(), { title: "a" }, { ...options, signal: stop.signal }));
    const found = await board.claim("agent", { wait: "10s" });
    stop.abort();
    await failing;
    expect((await board.get(found?.id ?? ""))?.status).toBe("claimed");
    await board.complete(found?.id ?? "", "agent", { status: "done", result: "good" });
    const resumed = await resume(reviewing(), { from: store, runId: "r1", handlers });
    expect(resumed.output).toBe("published: good");
    expect((await board.summary()).total).toBe(1);
  });

  it("hears when it is resumed what an agent has said meanwhile, also that it has failed", async () => {
    const [board, store] = [await newBoard(), new MemoryCheckpointStore()];
    const stop = new AbortController();
    const handlers = { board: boardHandler(board) };
    const failing = failureOf(
      run(reviewing(), { title: "a" }, { runId: "r1", checkpoints: { store, every: "task" }, handlers, signal: stop.signal }),
    );
    const first = await board.claim("agent", { wait: "10s" });
    stop.abort();
    await failing;
    await board.complete(first?.id ?? "", "agent", { status: "failed", result: "torn" });
    const error = await failureOf(resume(reviewing(), { from: store, runId: "r1", handlers }));
    expect(error.cause).toMatchObject({ code: "BOARD_TASK_FAILED", result: "torn" });
    expect((await board.summary()).total).toBe(1);
    // Now the run has heard of it: whoever resumes it again wants another try.
    const running = resume(reviewing(), { from: store, runId: "r1", handlers });
    expect((await agentDoes(board, "done", "good")).id).toBe(`${first?.id}.2`);
    expect((await running).output).toBe("published: good");
  });

  it("hands out each visit and each member by itself", async () => {
    const board = await newBoard();
    const review = task("review", { handler: "board" }, (_ctx: TaskContext, _n: number): number => noBody());
    const again = task("again", (ctx: TaskContext, n: number) => void (n < 3 && ctx.goto(review, n)));
    const running = run(workflow("loop", chain(review, again)), 0, { handlers: { board: boardHandler(board) } });
    for (const n of [1, 2, 3]) await agentDoes(board, "done", n);
    await running;
    expect((await board.list()).map(({ data, result }) => [data, result])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });

  it("keeps runs apart that share a board", async () => {
    const board = await newBoard();
    const handlers = { board: boardHandler(board) };
    const runs = ["r1", "r2"].map((runId) => run(reviewing(), { title: runId }, { runId, handlers }));
    for (let n = 0; n < 2; n++) {
      const { id, data } = (await board.claim("agent", { wait: "10s" })) as BoardTask;
      await board.complete(id, "agent", { status: "done", result: (data as Draft).title });
    }
    expect((await Promise.all(runs)).map(({ output }) => output)).toEqual(["published: r1", "published: r2"]);
  });

  it("fails with TaskTimeoutError when nobody comes in time", async () => {
    const board = await newBoard();
    const error = await failureOf(run(reviewing({ timeout: 30 }), { title: "a" }, { handlers: { board: boardHandler(board) } }));
    expect(error.cause).toBeInstanceOf(TaskTimeoutError);
    expect((await board.summary()).byStatus.pending).toBe(1);
  });

  it("refuses what is no board, and options that it does not have", async () => {
    const board = await newBoard();
    expect(() => boardHandler({} as TaskBoard)).toThrow(/TaskBoard/);
    expect(() => boardHandler(board, { type: "a:b" })).toThrow(/valid id/);
    expect(() => boardHandler(board, { kind: "x" } as never)).toThrow(/"kind"/);
  });
});
