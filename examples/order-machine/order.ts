import { readFile } from "node:fs/promises";

/** What an order may be. NEW becomes VALIDATED, PAID and SHIPPED; the others are where it leaves that path. */
export type Status = "NEW" | "VALIDATED" | "PAID" | "SHIPPED" | "REJECTED" | "PAYMENT_FAILED" | "REFUNDED";

export interface Item {
  readonly sku: string;
  readonly quantity: number;
  /** In cents. */
  readonly price: number;
}

/** An order as it comes in: nothing about it has been checked. */
export interface NewOrder {
  readonly id: string;
  readonly customer: string;
  readonly card: string;
  readonly items: readonly Item[];
}

/** An order on its way. */
export interface Order extends NewOrder {
  readonly status: Status;
  readonly chargeId?: string;
  /** Why it left the path to SHIPPED. */
  readonly reason?: string;
}

/** What there is to pay, in cents. */
export const totalOf = ({ items }: NewOrder): number => items.reduce((sum, { quantity, price }) => sum + quantity * price, 0);

/** What is wrong with an order, or `null`. */
export function problemOf({ customer, card, items }: NewOrder): string | null {
  if (!/^[^@\s]+@[^@\s]+$/.test(customer)) return `${customer || "nothing"} is no e-mail address`;
  if (!/^[a-z]+-\d{4}$/.test(card)) return "the card has no valid number";
  if (items.length === 0) return "there is nothing in it";
  const odd = items.find(({ quantity, price }) => !(Number.isInteger(quantity) && quantity > 0 && price > 0));
  return odd === undefined ? null : `${odd.quantity} of ${odd.sku} cannot be ordered`;
}

/** The orders of a JSON-lines file. */
export async function readOrders(file: URL): Promise<NewOrder[]> {
  const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => JSON.parse(line) as NewOrder);
}
