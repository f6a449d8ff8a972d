import type { ChannelBackend, ChannelOp } from "../core/channel.js";
import { applyOp, wrongKind } from "../core/channel-ops.js";
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
    if (this.#isOver(own)) return undefined;
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

  async commit(ops: readonly ChannelOp[]): Promise<void> {
    for (const op of ops) {
      this.#refuseIfClosed();
      if (op.kind === "append" || op.kind === "prepend") await this.#checkList(op);
      if (op.kind === "increment") await this.#checkNumber(op);
      this.#refuseIfClosed();
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

  /** Whether what was written last has outlived its `ttl` already. */
  #isOver({ ops }: Written): boolean {
    const last = ops.at(-1);
    return last !== undefined && last.kind !== "delete" && last.expiresAt !== null && last.expiresAt <= this.base.now();
  }

  #refuseIfClosed(): void {
    if (!this.#closed) return;
    throw new UsageError(`task "${this.taskId}" wrote to the channel after it had ended: await every write before returning.`, {
      taskId: this.taskId,
    });
  }

  /** Refuses at the call what the commit could not apply. A list that has items is known by its length, and not read. */
  async #checkList({ key, kind }: ChannelOp): Promise<void> {
    if ((await this.length(key)) > 0) return;
    const value = await this.read(key);
    if (value !== undefined && !value.isArray) throw wrongKind(key, kind, "a list");
  }

  async #checkNumber({ key, kind }: ChannelOp): Promise<void> {
    const value = await this.read(key);
    if (value !== undefined && typeof value.read() !== "number") throw wrongKind(key, kind, "a number");
  }

  /** Own writes as they would be if they were committed now. */
  async #catchUp(key: string, own: Written): Promise<StoredValue | undefined> {
    const before = own.applied === 0 ? await this.base.read(key) : undefined;
    // Another reader may have caught up while this one waited.
    let value = own.applied === 0 ? before : own.value;
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
