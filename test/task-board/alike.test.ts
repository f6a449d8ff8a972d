import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  type BoardStore,
  FileBoardStore,
  MemoryBoardStore,
  openTaskBoard,
  RedisBoardStore,
  type TaskBoard,
} from "../../src/task-board/index.js";
import { simulatedClock } from "../../src/testing/simulated-clock.js";
import { sharedRedis } from "../servers/redis.js";
import { afterwards, temporaryFolder } from "./support.js";

const RUNS = 8;
const STEPS = 150;

type Step = (board: TaskBoard) => Promise<unknown>;

/** Numbers in [0, 1) that are the same again for the same seed. */
function numbersOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Something that an agent or a creator might do, often in vain. */
function stepOf(next: () => number, n: number): Step {
  const pick = (...words: readonly string[]): string => words[Math.floor(next() * words.length)] ?? "";
  const [agent, other, type] = [pick("x", "y"), pick("t1", "t2", "t3", "t4", "t5", "t6"), pick("a", "b", "a-b")];
  const parent = next() < 0.4 ? { parent: other } : {};
  const lease = 1 + Math.floor(next() * 3_000);
  const steps: readonly Step[] = [
    (board) => board.create(type, n, { id: next() < 0.5 ? `t${n % 9}` : `n${n}`, ...parent }),
    (board) => board.claim(agent, { lease }),
    (board) => board.claim(agent, { lease, types: [type, pick("a", "c")] }),
    (board) => board.heartbeat(other, agent, next() < 0.5 ? {} : { lease }),
    (board) => board.complete(other, agent, { status: next() < 0.7 ? "done" : "failed", result: n % 3 }),
    (board) => board.release(other, agent),
    (board) => (next() < 0.3 ? board.cancel(other) : board.get(other)),
    (board) => board.setMetadata(pick("k", "l"), next() < 0.3 ? undefined : n),
  ];
  return steps[Math.floor(next() * steps.length)] as Step;
}

/** What came of it: the value, or what kind of error it was. */
const outcomeOf = (done: Promise<unknown>): Promise<unknown> =>
  done.then(
    (value) => ({ value }),
    ({ code, message, agent, status }) => ({ code, message, agent, status }),
  );

const whole = async (board: TaskBoard): Promise<unknown> => [
  await board.list({ limit: 1_000 }),
  await board.summary(),
  { ...(await board.metadata()) },
  await board.children("t1"),
  await board.list({ status: "pending", type: "a" }),
];

describe("boards in memory, in a folder and in Redis", () => {
  const url = sharedRedis();

  it(`answer alike to ${RUNS} times ${STEPS} random steps`, { timeout: 120_000 }, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const met = new Map<string, number>();
    for (let run = 0; run < RUNS; run++) {
      const clock = simulatedClock();
      const folder = temporaryFolder();
      const stores: BoardStore[] = [
        new MemoryBoardStore({ clock }),
        // Two, of which each sees what the other has written.
        ...[new FileBoardStore(folder, { clock }), new FileBoardStore(folder, { clock })],
        new RedisBoardStore({ url: url(), prefix: `test-${randomUUID()}`, clock }),
      ];
      afterwards(() => Promise.all(stores.map((store) => store.close())));
      const [memory, file, file2, redis] = (await Promise.all(stores.map((store) => openTaskBoard(store)))) as [TaskBoard, ...TaskBoard[]];
      for (let n = 0; n < STEPS; n++) {
        const from = seed + 1_000 * run + n;
        const boards = [memory, n % 2 === 0 ? file : file2, redis] as TaskBoard[];
        const answers = await Promise.all(boards.map((board) => outcomeOf(stepOf(numbersOf(from), n)(board))));
        for (const answer of answers) expect(answer, `seed ${seed}, run ${run}, step ${n}`).toEqual(answers[0]);
        const kind = (answers[0] as { code?: string }).code ?? "OK";
        met.set(kind, (met.get(kind) ?? 0) + 1);
        if (n % 5 === 0) await clock.advance(Math.floor(numbersOf(from + 7)() * 1_500));
      }
      const ends = await Promise.all([memory, file, file2, redis].map((board) => whole(board as TaskBoard)));
      for (const end of ends) expect(end, `seed ${seed}, run ${run}`).toEqual(ends[0]);
    }
    for (const code of ["OK", "TASK_NOT_CLAIMED", "BOARD_TASK_NOT_FOUND", "DUPLICATE_ID"]) expect(met.get(code), code).toBeGreaterThan(0);
    console.log(`${RUNS * STEPS} steps, answers: ${JSON.stringify(Object.fromEntries(met))}`);
  });
});
