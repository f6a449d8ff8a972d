// Runs every order of orders.jsonl through the state machine; prints how each ended, and what was booked.
import { rm } from "node:fs/promises";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ExecutionContext, openCheckpointStore, workflowOf } from "cairnflow";
import Table from "cli-table3";
import color from "picocolors";
import { type NewOrder, type Order, readOrders, type Status } from "./order.js";
import { OrderMachine } from "./order-machine.js";
import { Payments } from "./payments.js";
import { Warehouse } from "./warehouse.js";

const FOLDER = fileURLToPath(new URL("../../node_modules/.cache/cairnflow/orders", import.meta.url));
const STOCK = { lamp: 10, desk: 2, chair: 3, shelf: 4 };
const ENDED_WELL: readonly Status[] = ["SHIPPED"];

const payments = new Payments(7);
const machine = workflowOf(new OrderMachine(payments, new Warehouse(STOCK)));

const euros = (cents: number): string => `${(cents / 100).toFixed(2)} EUR`;
const shown = (status: Status): string => (ENDED_WELL.includes(status) ? color.green(status) : color.yellow(status));

async function processed(order: NewOrder): Promise<readonly string[]> {
  const context = ExecutionContext.create(machine, { runId: order.id, seed: order.id, checkpoints: FOLDER });
  await context.run(order);
  const { status, reason = "" } = (await context.channel.get("order")) as Order;
  const saved = await openCheckpointStore(FOLDER).list(order.id);
  return [order.id, shown(status), String(context.stats().retries), String(saved.length), reason];
}

function print(title: string, head: string[], rows: readonly (readonly string[])[]): void {
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  table.push(...rows.map((row) => [...row]));
  console.log(`\n${color.bold(title)}\n${table.toString()}`);
}

await rm(FOLDER, { recursive: true, force: true });
console.log(machine.graph.toText());
const rows: (readonly string[])[] = [];
for (const order of await readOrders(new URL("./orders.jsonl", import.meta.url))) rows.push(await processed(order));
print("Orders", ["order", "state", "retries", "saved", "why"], rows);
const ledger = payments.ledger.map(({ id, kind, order, amount }) => [id, kind, order, euros(kind === "charge" ? amount : -amount)]);
print("Ledger", ["entry", "kind", "order", "amount"], ledger);
const charged = payments.ledger.filter(({ kind }) => kind === "charge").map(({ order }) => order);
const once = new Set(charged).size === charged.length;
console.log(`\n${payments.requests} requests reached for the provider, ${ledger.length} entries were booked.`);
console.log(once ? color.green("No order was charged twice.") : color.red("An order was charged twice: this is a bug."));
console.log(`Checkpoints: ${relative(process.cwd(), FOLDER)}`);
if (!once) process.exitCode = 1;
