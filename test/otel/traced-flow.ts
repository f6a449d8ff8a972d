import { existsSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { trace } from "@opentelemetry/api";
import { chain, each, type TaskContext, task, workflow } from "../../src/index.js";

/** What an instrumented library does within a body. */
async function query(name: string): Promise<void> {
  const span = trace.getTracer("library").startSpan(name);
  await delay(5);
  span.end();
}

const ITEMS = 8;
const items = task("items", () => Array.from({ length: ITEMS }, (_, n) => n));

/** The fourth fails at first. */
const work = (name: string) =>
  task(name, { retry: 1 }, async (ctx: TaskContext, n: number): Promise<number> => {
    await query(`query of ${name}`);
    if (n === 3 && ctx.attempt === 1) throw new RangeError("not at once");
    return n;
  });

/** Runs with the engine, whose first process is killed here. */
const wait = task("wait", { handler: "here" }, (_: TaskContext, done: readonly number[]) => done);

/** Spread over workers, with a task between that the engine runs itself. */
export const tracedFlow = workflow("traced", chain(items, each(work("early")), wait, each(work("late"))));

const FILE = process.env["SPANS_FILE"] ?? "";

/** Says by a file that it is under way, and goes on once another is there. */
const held = task("held", async () => {
  writeFileSync(`${FILE}.held`, "");
  while (!existsSync(`${FILE}.open`)) await delay(10);
  return "let go";
});

/** One body, on a worker, that outlives its engine. */
export const heldFlow = workflow("holding", held);
