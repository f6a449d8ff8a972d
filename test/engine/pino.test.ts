import { Writable } from "node:stream";
import { type TaskContext, task, workflow } from "cairnflow";
import { pino } from "pino";
import { expect, it } from "vitest";
import { ownLines } from "./own-lines.js";

it("logs through pino, with run, workflow, task, cycle and attempt in every line", async () => {
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      lines.push(JSON.parse(String(chunk)) as Record<string, unknown>);
      done();
    },
  });
  const load = task("load", (ctx: TaskContext) => {
    ctx.log.info({ rows: 3 }, "loaded");
    ctx.log.warn("slow");
  });
  await workflow("etl", load).run(undefined, { runId: "r", logger: pino({ base: null, timestamp: false }, stream) });
  const facts = { runId: "r", workflow: "etl", version: 1, taskId: "load", cycle: 1, attempt: 1 };
  expect(ownLines(lines)).toEqual([
    { level: 30, ...facts, rows: 3, msg: "loaded" },
    { level: 40, ...facts, msg: "slow" },
  ]);
});
