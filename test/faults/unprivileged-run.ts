// A process that gives up its rights and runs a task with checkpoints in <folder>; says how that ended, and how many bodies ran.
import { type CairnError, task, workflow } from "../../src/index.js";

const [folder = ""] = process.argv.slice(2);
let bodies = 0;
const count = workflow(
  "count",
  task("count", (_, input: number) => input + ++bodies),
);
if (process.getuid?.() === 0) process.setuid?.(65_534);
try {
  await count.run(1, { checkpoints: folder });
} catch (error) {
  const { code, cause } = error as CairnError & { cause: { code: string } };
  process.stdout.write(`${code} ${cause.code}, ${bodies} bodies ran`);
}
