import { randomUUID } from "node:crypto";
import type { ChannelBackend, ChannelOp } from "../core/channel.js";
import { applyOp, wrongKind } from "../core/channel-ops.js";
import type { StoredValue } from "../core/serialize/index.js";
import { Turns } from "../core/turns.js";
import { COMMIT_SHARED } from "./channel-commit-scripts.js";
import type { ChannelKeys } from "./channel-keys.js";
import { OpArgs, type SentOp } from "./channel-op-args.js";
import { RedisChannelReads } from "./redis-channel-reads.js";
import { type ChannelValues, SHARED_GENERATION } from "./redis-channel-values.js";
import type { RedisConnection } from "./redis-connection.js";
import { namesOf } from "./replies.js";

/** A channel in Redis by itself, which anybody may write: no run has it in its memory. */
export class RedisChannelBackend extends RedisChannelReads implements ChannelBackend {
  readonly #connection: RedisConnection;
  readonly #keys: ChannelKeys;
  readonly #turns = new Turns();
  readonly #client = randomUUID();
  #seq = 0;
  /** Keys that have run out, as the server has noticed. */
  #over: readonly string[] = [];

  constructor(connection: RedisConnection, keys: ChannelKeys, values: ChannelValues) {
    super(values);
    this.#connection = connection;
    this.#keys = keys;
  }

  /** Applied again if somebody else has written a key meanwhile whose value is reckoned here. */
  commit(ops: readonly ChannelOp[]): Promise<void> {
    return this.#turns.take(async () => {
      while (!(await this.#tryCommit(ops)));
    });
  }

  async #tryCommit(ops: readonly ChannelOp[]): Promise<boolean> {
    const args = new OpArgs(this.now());
    for (const key of this.#over) args.place(key);
    const reckoned = new Set(ops.flatMap(({ kind, key }) => (kind === "update" || kind === "increment" ? [key] : [])));
    for (const op of ops) if (!reckoned.has(op.key)) args.add(op as SentOp);
    const conditions: string[] = [];
    for (const key of reckoned) {
      const found = await this.find(key);
      args.add(reckon(key, found?.value, ops));
      conditions.push(String(args.place(key)), found?.stamp ?? "-");
    }
    return this.#send(args, conditions);
  }

  /** Resolves to whether it was done; otherwise a condition is not met any more. */
  async #send(ops: OpArgs, conditions: readonly string[]): Promise<boolean> {
    const server = await this.#connection.server();
    const keys = this.#keys;
    const lists = ops.keys.map((key) => keys.list(SHARED_GENERATION, key));
    const names = [keys.meta, keys.index(SHARED_GENERATION), keys.values(SHARED_GENERATION), keys.client(this.#client), ...lists];
    const args = [String(++this.#seq), String(conditions.length / 2), ...conditions, ...ops.args];
    const { reply } = await server.run({ what: "writing to a channel", effect: "change" }, COMMIT_SHARED, names, args);
    const [verdict, ...rest] = namesOf(reply);
    if (verdict === "kind") throw wrongKind(String(rest[0]), String(rest[1]), "a list");
    if (verdict === "changed") return false;
    this.#over = rest;
    return true;
  }
}

/** What all operations on a key come to, given what is there. */
function reckon(key: string, found: StoredValue | undefined, ops: readonly ChannelOp[]): SentOp {
  let value = found;
  let kind: "set" | "put" = "put";
  let expiresAt: number | null = null;
  for (const op of ops) {
    if (op.key !== key) continue;
    value = applyOp(op.kind === "update" && isSame(value, op.seen) ? op.seen : value, op);
    if (op.kind === "set" || op.kind === "delete") kind = "set";
    expiresAt = op.kind === "delete" ? null : op.kind === "set" ? op.expiresAt : (op.expiresAt ?? expiresAt);
  }
  return value === undefined ? { kind: "delete", key } : { kind, key, value, expiresAt };
}

const isSame = (one: StoredValue | undefined, other: StoredValue | undefined): boolean =>
  one === undefined || other === undefined ? one === other : one.equals(other);
