// An agent that does reviews of a board until it is told to stop: <folder of boards> <agent> [hangs]. Prints what it has claimed;
// if it hangs, it never completes anything.
import { openTaskBoard } from "cairnflow/task-board";
import type { Draft, Verdict } from "./reviews.js";

const [folder = "", agent = "", hangs] = process.argv.slice(2);
const board = await openTaskBoard(folder, { name: "reviews" });
const stopping = new AbortController();
process.on("SIGTERM", () => stopping.abort());
console.log("ready");
while (!stopping.signal.aborted) {
  const task = await board.claim(agent, { types: ["review"], lease: "1s", wait: "1s", signal: stopping.signal }).catch(() => null);
  if (task === null) continue;
  console.log(task.metadata["taskId"]);
  if (hangs !== undefined) await new Promise(() => setInterval(() => {}, 60_000));
  const { title, words } = task.data as Draft;
  const verdict: Verdict = { title, isGood: words > 100, by: agent };
  await board.complete(task.id, agent, { status: "done", result: verdict });
}
await board.close();
