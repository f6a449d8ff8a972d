import { appendFileSync } from "node:fs";
import { chain, type TaskContext, task, workflow } from "cairnflow";

/** Orders that are charged and shipped; each effect is a line in a ledger. The second task waits for as long as it is told. */
export function shop(ledger: string, waitMs: number) {
  const note = (ctx: TaskContext, what: string): void => appendFileSync(ledger, `${ctx.runId} ${what}\n`);
  const charge = task("charge", { critical: true }, (ctx: TaskContext, amount: number): number => (note(ctx, "charged"), amount));
  const pack = task("pack", async (ctx: TaskContext, amount: number): Promise<number> => {
    note(ctx, "packing");
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    return amount;
  });
  const ship = task("ship", (ctx: TaskContext, amount: number): string => (note(ctx, "shipped"), `shipped for ${amount}`));
  return workflow("shop", chain(charge, pack, ship));
}
