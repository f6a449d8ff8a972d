// <store> <place> <agent> [<call> <how>]: an agent at the board `race`, kept in a `file` or in `redis`. For each message it does
// that, and answers with ids. With a call and how, its process is killed (SIGKILL) at that call to the file system.
import { appendFileSync } from "node:fs";
import { systemFiles } from "../../src/task-board/board-files.js";
import { FileBoardStore, openTaskBoard, RedisBoardStore } from "../../src/task-board/index.js";
import { type KillHow, killingFiles } from "./killing-files.js";

/**
 * `race`: claims and completes until there is nothing left. `hold`: claims one and keeps it. `work`: as `race`, and writes into the
 * ledger before and after each completion. `create`: creates tasks with these ids.
 */
export interface Order {
  readonly what: "race" | "hold" | "work" | "create";
  readonly lease?: string;
  readonly ledger?: string;
  readonly ids?: readonly string[];
}

export interface Reply {
  readonly ids: readonly string[];
}

const [kind, place = "", agent = "", call, how] = process.argv.slice(2);
const files = call === undefined ? systemFiles : killingFiles(Number(call), how as KillHow);
const [url = "", prefix = ""] = place.split(" ");
const store = kind === "redis" ? new RedisBoardStore({ url, prefix }) : new FileBoardStore(place, { files });
await store.open();
const board = await openTaskBoard(store, { name: "race" });

async function work({ what, lease = "1h", ledger }: Order): Promise<string[]> {
  const ids: string[] = [];
  const note = (text: string): void => void (ledger === undefined || appendFileSync(ledger, `${text}\n`));
  for (let task = await board.claim(agent, { lease }); task !== null; task = await board.claim(agent, { lease })) {
    ids.push(task.id);
    if (what === "hold") break;
    note(`completing ${task.id} ${agent}`);
    await board.complete(task.id, agent, { status: "done", result: agent });
    note(`completed ${task.id} ${agent}`);
  }
  return ids;
}

async function create(ids: readonly string[]): Promise<readonly string[]> {
  for (const id of ids) await board.create("t", id, { id });
  return ids;
}

process.on("disconnect", () => process.exit());
process.on("message", async (order: Order) => {
  const ids = order.what === "create" ? await create(order.ids ?? []) : await work(order);
  process.send?.({ ids } satisfies Reply);
});
process.send?.({ ids: [] } satisfies Reply);
