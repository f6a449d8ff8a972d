import type { ChannelBackend, ChannelOp } from "../core/channel.js";
import { UpdateConflict } from "../core/outcome-text.js";
import { capture, type StoredValue } from "../core/serialize/index.js";
import { type ChannelSchemas, type StoredChannel, schemaFor } from "../core/stored-channel.js";
import { validated } from "../core/validate.js";
import { TaskTransaction } from "./task-transaction.js";

/**
 * What a body elsewhere wrote, held against the schemas of the channel, which only the engine has: as if it had been written here.
 * Throws `SchemaError`, and `InvalidOptionError` for a key that has no schema.
 */
export async function checkedOps(
  { backend, schemas }: Pick<StoredChannel<object, ChannelBackend>, "backend" | "schemas">,
  taskId: string,
  ops: readonly ChannelOp[],
): Promise<readonly ChannelOp[]> {
  if (schemas === null) return ops;
  const written = new TaskTransaction(backend, taskId);
  const checked: ChannelOp[] = [];
  for (const op of ops) {
    await written.commit([op]);
    checked.push(op.kind === "delete" ? op : await checkedOp(op, schemas, await valueIn(written, op.key)));
  }
  return checked;
}

async function checkedOp(
  op: Exclude<ChannelOp, { kind: "delete" }>,
  schemas: ChannelSchemas,
  becomes: StoredValue | undefined,
): Promise<ChannelOp> {
  const where = `channel.${op.key}`;
  const schema = schemaFor(schemas, op.key);
  if (schema === undefined || becomes === undefined) return op;
  const value = await validated(schema, becomes.read(), where);
  return op.kind === "set" ? { ...op, value: capture(value, where) } : op;
}

/** Nothing for what was reckoned from a value of before: the commit finds that out as well, and the task is tried again. */
async function valueIn(written: TaskTransaction, key: string): Promise<StoredValue | undefined> {
  try {
    return await written.read(key);
  } catch (error) {
    if (error instanceof UpdateConflict) return undefined;
    throw error;
  }
}
