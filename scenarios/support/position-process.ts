// A process of its own that runs a position up to its checkpoint and dies there, or resumes it: <run | resume> <name> <store> <ledger>.
import { appendFileSync } from "node:fs";
import { ExecutionContext } from "cairnflow";
import { endOf, positions } from "./positions.js";

const [mode = "", name = "", store = "", ledger = ""] = process.argv.slice(2);
const make = positions[name];
if (make === undefined) throw new Error(`no position ${name}`);
const { flow, input } = make((line) => appendFileSync(ledger, `${line}\n`));

if (mode === "run") {
  const context = ExecutionContext.create(flow, { runId: "r", seed: 7, checkpoints: store });
  context.events.on("checkpointCommitted", ({ checkpoint }) => {
    if (checkpoint.name === "here") process.exit(9);
  });
  await context.run(input);
} else {
  console.log(JSON.stringify(await endOf(await ExecutionContext.resume(flow, { from: store, runId: "r" }))));
}
