import type { ChannelBackend, ChannelOp } from "../core/channel.js";
import { applyOp } from "../core/channel-ops.js";
import { UsageError } from "../core/errors.js";
import type { StoredValue } from "../core/serialize/index.js";

/** A key the task has written: its operations, and the value they give, as far as somebody has asked. */
interface Written {
  readonly ops: ChannelOp[];
  applied: number;
  value: StoredValue | undefined;
}

/** Buffers what a task writes: the task reads its own writes, nobody else does until its step commits. */
export class TaskTransaction implements ChannelBackend {
  readonly #written = new Map<string, Written>();
  #ops: ChannelOp[] = [];
  #closed = false;

  constructor(
    private readonly base: ChannelBackend,
    private readonly taskId: string,
  ) {}

  get kind(): string {
    return this.base.kind;
  }

  now(): number {
    return this.base.now();
  }

  read(key: string): StoredValue | undefined | Promise<StoredValue | undefined> {
    const own = this.#written.get(key);
    if (own === undefined) return this.base.read(key);
    return own.applied === own.ops.length ? own.value : this.#catchUp(key, own);
  }

  async length(key: string): Promise<number> {
    const own = this.#written.get(key);
    if (own === undefined) return this.base.length(key);
    const added = itemsAdded(own.ops);
    return added === null ? ((await this.read(key))?.length ?? 0) : (await this.base.length(key)) + added;
  }

  async keys(prefix: string): Promise<readonly string[]> {
    const keys = new Set(await this.base.keys(prefix));
    for (const key of this.#written.keys()) {
      if (!key.startsWith(prefix)) continue;
      if ((await this.read(key)) === undefined) keys.delete(key);
      else keys.add(key);
    }
    return [...keys];
  }

  commit(ops: readonly ChannelOp[]): void {
    if (this.#closed) {
      throw new UsageError(`task "${this.taskId}" wrote to the channel after it had ended: await every write before returning.`, {
        taskId: this.taskId,
      });
    }
    for (const op of ops) {
      this.#ops.push(op);
      const own = this.#written.get(op.key);
      if (own === undefined || op.kind === "set" || op.kind === "delete")
        this.#written.set(op.key, { ops: [op], applied: 0, value: undefined });
      else own.ops.push(op);
    }
  }

  /** Hands over what was written so far, and starts afresh. */
  take(): readonly ChannelOp[] {
    const ops = this.#ops;
    this.#ops = [];
    this.#written.clear();
    return ops;
  }

  /** No writes are taken any more: the body has ended. */
  close(): void {
    this.#closed = true;
  }

  async #catchUp(key: string, own: Written): Promise<StoredValue | undefined> {
    let value = own.applied === 0 ? await this.base.read(key) : own.value;
    for (const op of own.ops.slice(own.applied)) value = applyOp(value, op);
    own.applied = own.ops.length;
    own.value = value;
    return value;
  }
}

/** How many items operations add to a list, or `null` if one of them is something else. */
function itemsAdded(ops: readonly ChannelOp[]): number | null {
  let added = 0;
  for (const op of ops) {
    if (op.kind !== "append" && op.kind !== "prepend") return null;
    added += op.items.length;
  }
  return added;
}
