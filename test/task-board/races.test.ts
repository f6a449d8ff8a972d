import { randomUUID } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { FileBoardStore, openTaskBoard, RedisBoardStore, type TaskBoard } from "../../src/task-board/index.js";
import { sharedRedis } from "../servers/redis.js";
import { type Place, RemoteAgent } from "./remote-agent.js";
import { afterwards, temporaryFolder } from "./support.js";

const TASKS = 500;
const AGENTS = 4;
const KILLS = 12;

async function boardAt({ kind, at }: Place): Promise<TaskBoard> {
  const [url = "", prefix = ""] = at.split(" ");
  const store = kind === "file" ? new FileBoardStore(at) : new RedisBoardStore({ url, prefix });
  await store.open();
  afterwards(() => store.close());
  return openTaskBoard(store, { name: "race" });
}

async function withTasks(place: Place, count: number): Promise<TaskBoard> {
  const board = await boardAt(place);
  await Promise.all(Array.from({ length: count }, (_, n) => board.create("t", n, { id: `t${n}` })));
  return board;
}

/** All tasks of a board, page by page. */
async function allTasks(board: TaskBoard) {
  const found = [...(await board.list({ limit: 1_000 }))];
  for (let page = found; page.length > 0; ) {
    page = [...(await board.list({ limit: 1_000, after: found.at(-1)?.id ?? "" }))];
    found.push(...page);
  }
  return found;
}

const killedMoments: number[] = [];

describe.each(["file", "redis"] as const)("processes at one board (%s)", (kind) => {
  const url = sharedRedis();
  const newPlace = (): Place => ({ kind, at: kind === "file" ? temporaryFolder() : `${url()} test-${randomUUID()}` });

  it(`claim each of ${TASKS} tasks once, ${AGENTS} of them racing`, { timeout: 120_000 }, async () => {
    const place = newPlace();
    const board = await withTasks(place, TASKS);
    const agents = await Promise.all(Array.from({ length: AGENTS }, (_, n) => RemoteAgent.start(place, `agent-${n}`)));
    const claims = await Promise.all(agents.map((agent) => agent.tell({ what: "race" })));
    const all = claims.flat();
    expect([all.length, new Set(all).size]).toEqual([TASKS, TASKS]);
    const tasks = await allTasks(board);
    expect(tasks.filter(({ status, claims: count }) => status === "done" && count === 1)).toHaveLength(TASKS);
    for (const [n, ids] of claims.entries()) expect(tasks.filter(({ result }) => result === `agent-${n}`)).toHaveLength(ids.length);
    console.log(`${kind}: ${TASKS} tasks, each claimed and done once; by agent: ${claims.map((ids) => ids.length).join(", ")}`);
  });

  it("give the task of a killed agent to another when its lease is over, and not before", { timeout: 60_000 }, async () => {
    const place = newPlace();
    const board = await withTasks(place, 1);
    const agent = await RemoteAgent.start(place, "killed");
    expect(await agent.tell({ what: "hold", lease: "2s" })).toEqual(["t0"]);
    const { leaseUntil } = (await board.get("t0")) ?? {};
    await agent.kill();
    expect((await board.get("t0"))?.status).toBe("claimed");
    const task = await board.claim("other", { wait: "30s" });
    expect(task).toMatchObject({ id: "t0", agent: "other", claims: 2 });
    // The lease of the new claim began when that of the old one was over.
    expect(Number(task?.leaseUntil) - 86_400_000).toBeGreaterThanOrEqual(Number(leaseUntil));
  });

  it(`lose and repeat nothing that was confirmed, killed ${KILLS} times in the middle of their work`, { timeout: 180_000 }, async () => {
    const place = newPlace();
    const ledger = join(temporaryFolder(), "ledger");
    appendFileSync(ledger, "");
    const board = await withTasks(place, TASKS);
    const linesOf = (): string[][] =>
      readFileSync(ledger, "utf8")
        .split("\n")
        .map((line) => line.split(" "));
    let kills = 0;
    for (let n = 0; n < KILLS; n++) {
      const before = linesOf().length;
      const agent = await RemoteAgent.start(place, `agent-${n}`);
      void agent.tell({ what: "work", lease: "300ms", ledger }).catch(() => {});
      while (linesOf().length === before) await delay(1);
      const moment = Math.random() * 30;
      await delay(moment);
      killedMoments.push(Math.round(moment));
      await agent.kill();
      kills += Number((await agent.ended) === "SIGKILL");
    }
    expect(kills).toBe(KILLS);
    const before = (await board.summary()).byStatus;
    const last = await RemoteAgent.start(place, "last");
    while ((await board.summary()).byStatus.done < TASKS) await last.tell({ what: "work", lease: "60s", ledger });
    const tasks = new Map((await allTasks(board)).map((task) => [task.id, task]));
    const completed = linesOf().filter(([what]) => what === "completed");
    const ids = completed.map(([, id]) => id);
    expect(new Set(ids).size, `kills after ${killedMoments} ms`).toBe(ids.length);
    for (const [, id = "", agent] of completed) expect(tasks.get(id)).toMatchObject({ status: "done", result: agent, agent });
    const unconfirmed = [...tasks.values()].filter(({ id }) => !ids.includes(id));
    expect(unconfirmed.length).toBeLessThanOrEqual(kills);
    console.log(
      `${kind}: ${kills} kills, ${before.done} of ${TASKS} done by then, ${before.claimed + before.pending} left, ${unconfirmed.length} done but not confirmed`,
    );
  });
});
