import { randomUUID } from "node:crypto";
import type { ChannelReplica, ReplicaImage, ReplicaStep } from "../core/channel-replica.js";
import { CheckpointWriteError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { COMMIT_STEPS } from "./channel-commit-scripts.js";
import type { ChannelGenerations } from "./channel-generations.js";
import type { ChannelKeys } from "./channel-keys.js";
import { OpArgs } from "./channel-op-args.js";
import { DRAW, SWITCH } from "./channel-run-scripts.js";
import { type Claim, checkFence } from "./claim.js";
import { damaged } from "./damaged.js";
import type { RedisConnection } from "./redis-connection.js";
import type { Errand } from "./redis-faults.js";
import { namesOf } from "./replies.js";
import type { Script } from "./script.js";

/** Steps that are behind are sent together up to these, so that no script takes long. A step is never divided. */
const MOST_OPS = 1_000;
const MOST_BYTES = 4 << 20;

/** A server takes no more at once. */
const LARGEST_STEP = 512 << 20;

/** Writes the channel of one run into Redis, as long as nobody has begun it after us. */
export class RedisChannelReplica implements ChannelReplica {
  readonly location: string;
  #claim: Claim | null = null;
  /** The newest commit that was confirmed. */
  #seq = 0;
  #isFollowing = false;

  readonly #connection: RedisConnection;

  constructor(
    private readonly runId: string,
    connection: RedisConnection,
    private readonly keys: ChannelKeys,
    private readonly generations: ChannelGenerations,
    private readonly keepMs: number,
  ) {
    this.#connection = connection;
    this.location = connection.location;
  }

  async claim(): Promise<number | null> {
    const server = await this.#connection.server();
    const errand: Errand = { what: `claiming the channel of run ${this.runId}`, effect: "prepare", runId: this.runId };
    const { reply } = await server.run(errand, DRAW, [this.keys.meta]);
    const [, drawn, steps] = namesOf(reply);
    this.#claim = { runId: this.runId, epoch: Number(drawn), token: randomUUID() };
    return steps === undefined ? null : Number(steps);
  }

  async begin({ entries, steps, now }: ReplicaImage): Promise<void> {
    const claim = this.#claimed();
    await this.generations.load(claim, entries, now);
    const keys = this.#keysOf(claim, []);
    const [, ...old] = await this.#run(`setting the channel of run ${this.runId} to step ${steps}`, SWITCH, keys, [String(steps)]);
    this.#isFollowing = true;
    // Whoever begins next tries again.
    for (const generation of old) await this.generations.remove(generation).catch(() => {});
  }

  async send(steps: readonly ReplicaStep[], now: number): Promise<void> {
    try {
      for (const batch of batches(steps, now)) await this.#commit(batch);
    } catch (error) {
      this.#isFollowing = false;
      throw error;
    }
  }

  async end(): Promise<void> {
    if (!this.#isFollowing) return;
    this.#isFollowing = false;
    await this.generations.runOut(this.#claimed(), this.keepMs);
  }

  async #commit({ ops, steps }: Batch): Promise<void> {
    const { runId } = this;
    const what = `storing step ${steps} in the channel of run ${runId}`;
    if (ops.bytes > LARGEST_STEP) throw tooLarge(what, ops.bytes, runId);
    const seq = this.#seq + 1;
    const keys = this.#keysOf(this.#claimed(), ops.keys);
    const [verdict, key] = await this.#run(what, COMMIT_STEPS, keys, [String(seq), String(steps), ...ops.args]);
    if (verdict === "kind") throw damaged(runId, this.location, `no list under channel key ${quoted(key)}`, "one");
    this.#seq = seq;
  }

  /** Runs a script that is told by its first arguments who asks. Throws `StaleOwnerError` or `StoreRolledBackError`. */
  async #run(what: string, script: Script, keys: readonly string[], args: readonly string[]): Promise<readonly string[]> {
    const claim = this.#claimed();
    const server = await this.#connection.server();
    const answer = await server.run({ what, effect: "save", runId: this.runId }, script, keys, [String(claim.epoch), claim.token, ...args]);
    return checkFence(answer, claim, this.location).filter((word) => word !== null);
  }

  #keysOf({ epoch }: Claim, names: readonly string[]): readonly string[] {
    const { keys } = this;
    const generation = String(epoch);
    return [keys.meta, keys.index(generation), keys.values(generation), ...names.map((name) => keys.list(generation, name))];
  }

  #claimed(): Claim {
    if (this.#claim === null) throw new RangeError(`the channel of run ${this.runId} has not been claimed`);
    return this.#claim;
  }
}

interface Batch {
  readonly ops: OpArgs;
  /** How many steps the run has committed with it. */
  readonly steps: number;
}

function* batches(all: readonly ReplicaStep[], now: number): IterableIterator<Batch> {
  let ops = new OpArgs(now);
  for (const [place, step] of all.entries()) {
    for (const op of step.ops) ops.add(op);
    const isLast = place === all.length - 1;
    if (!isLast && ops.size < MOST_OPS && ops.bytes < MOST_BYTES) continue;
    yield { ops, steps: step.steps };
    ops = new OpArgs(now);
  }
}

const tooLarge = (what: string, bytes: number, runId: string): CheckpointWriteError =>
  new CheckpointWriteError(
    `${what} failed: found ${bytes} bytes, expected at most ${LARGEST_STEP} in one step, as Redis takes no more at once; write less in one task, keep large values elsewhere and store where they are.`,
    { runId },
  );
