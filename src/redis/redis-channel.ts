import type { ChannelBackend, ChannelState } from "../core/channel.js";
import type { ChannelReplica, ReplicatedChannel } from "../core/channel-replica.js";
import { checkedId } from "../core/ids.js";
import { type ChannelSchemas, StoredChannel } from "../core/stored-channel.js";
import { ChannelGenerations } from "./channel-generations.js";
import { ChannelKeys } from "./channel-keys.js";
import { RedisChannelBackend } from "./redis-channel-backend.js";
import { checkedChannelSettings, type RedisChannelOptions, type RedisChannelSettings } from "./redis-channel-options.js";
import { RedisChannelReader } from "./redis-channel-reader.js";
import { RedisChannelReplica } from "./redis-channel-replica.js";
import { ChannelValues } from "./redis-channel-values.js";
import { RedisConnection } from "./redis-connection.js";

/**
 * A channel in a Redis (6.2 or newer) or Valkey server, or in a cluster of them. It needs the package `ioredis`. Close it when you are
 * done: its connection keeps the process alive.
 *
 * As the option `channel` of runs, each run gets one of its own, by its id. The run has it in its memory, and what follows from a step
 * starts only when Redis has confirmed what the step has written; `reader` shows it to others, as the run goes on.
 *
 * ```ts
 * const channel = new RedisChannel({ url: "redis://me:secret@cache1:6379/0", prefix: "orders" });
 * await training.run("iris.csv", { runId: "run-1", channel, checkpoints: "./checkpoints" });
 * await channel.close();
 * ```
 *
 * By itself it is a channel that everybody shares who has the same server and prefix; no run has part in it.
 *
 * What waits for the server throws as `RedisCheckpointStore` does: `UnsafeRedisConfigError`, `CheckpointStorageError`,
 * `CheckpointWriteError`, `StoreUnavailableError`, `CommitOutcomeUnknownError`, `StoreRolledBackError`, `CheckpointCorruptError`.
 */
export class RedisChannel<State extends object = ChannelState>
  extends StoredChannel<State, RedisChannelBackend>
  implements ReplicatedChannel
{
  readonly kind = "redis";
  /** As in `redis://cache1:6379/0 prefix cairnflow`. */
  readonly location: string;
  // Private in the strict sense: whoever prints a channel must not print its password.
  readonly #settings: RedisChannelSettings;
  readonly #connection: RedisConnection;

  /** Connects to nothing yet. Throws `InvalidOptionError`. */
  constructor(options: RedisChannelOptions, schemas: ChannelSchemas | null = null) {
    const settings = checkedChannelSettings(options);
    const connection = new RedisConnection(settings);
    const keys = ChannelKeys.shared(settings.prefix);
    super(new RedisChannelBackend(connection, keys, new ChannelValues(connection, keys, null)), schemas);
    this.#settings = settings;
    this.#connection = connection;
    this.location = settings.location;
  }

  /** Connects now instead of when it is first used. Throws as `RedisCheckpointStore.open`. */
  async open(): Promise<void> {
    await this.#connection.server();
  }

  /** The channel of one run, for the engine that runs it. */
  forRun(runId: string): ChannelReplica {
    const keys = this.#keysOf(runId);
    const generations = new ChannelGenerations(runId, this.#connection, keys);
    return new RedisChannelReplica(runId, this.#connection, keys, generations, this.#settings.keepMs);
  }

  /**
   * The channel of one run, to be read from anywhere: what the run has committed, results of tasks among it. Reading throws
   * `UsageError` if the run has no channel here.
   */
  reader(runId: string): ChannelBackend {
    return new RedisChannelReader(runId, new ChannelValues(this.#connection, this.#keysOf(runId), runId));
  }

  /** Removes what a run has left. If it is under way, its next step fails with `StaleOwnerError`. */
  async forget(runId: string): Promise<void> {
    await new ChannelGenerations(runId, this.#connection, this.#keysOf(runId)).removeAll();
  }

  /** Ends the connection. A client that was given stays as it is. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  #keysOf(runId: string): ChannelKeys {
    return ChannelKeys.ofRun(this.#settings.prefix, checkedId(runId, "run id"));
  }
}
