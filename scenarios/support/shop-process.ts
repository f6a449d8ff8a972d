// A process that runs orders and waits in the middle of each: <store> <ledger> <run id>... Prints a line when all of them wait.
import { run } from "cairnflow";
import { shop } from "./shop.js";

const [store = "", ledger = "", ...runIds] = process.argv.slice(2);
const flow = shop(ledger, 600_000);
let waiting = 0;
const events = {
  taskStarted: ({ taskId }: { readonly taskId: string }) =>
    void (taskId === "pack" && ++waiting === runIds.length && console.log("waiting")),
};
await Promise.all(runIds.map((runId, place) => run(flow, place + 1, { runId, checkpoints: store, events })));
