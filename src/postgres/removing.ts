import type { Query } from "./connections.js";
import type { Database } from "./database.js";
import type { Errand } from "./postgres-faults.js";

/** Does a removal that tells whether it removed anything. What it does not find again after a lost answer, it has removed itself. */
export async function removing(database: Database, errand: Errand, work: (query: Query) => Promise<boolean>): Promise<boolean> {
  let hasRemoved = false;
  return database.write(errand, async (query, isUnsure) => {
    hasRemoved = (await work(query)) || (isUnsure && hasRemoved);
    return hasRemoved;
  });
}
