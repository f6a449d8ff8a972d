import type { ChannelBackend } from "../core/channel.js";
import type { Clock } from "../core/clock.js";
import { CheckpointCorruptError } from "../core/errors.js";
import { messageText } from "../core/job-message.js";
import { StoredValue } from "../core/serialize/index.js";
import type { JobDesk } from "../core/task-runner.js";

/** The channel of a run as a body sees it that can reach nothing but the engine: every read is a question. */
export class AskedChannel implements ChannelBackend {
  readonly kind = "asked";

  constructor(
    private readonly desk: JobDesk,
    private readonly clock: Clock,
  ) {}

  async read(key: string): Promise<StoredValue | undefined> {
    const text = await this.desk.ask(messageText({ kind: "read", key }));
    return text === "" ? undefined : StoredValue.fromText(text);
  }

  async length(key: string): Promise<number> {
    return Number(await this.desk.ask(messageText({ kind: "length", key })));
  }

  async keys(prefix: string): Promise<readonly string[]> {
    const keys: unknown = JSON.parse(await this.desk.ask(messageText({ kind: "keys", prefix })));
    if (Array.isArray(keys) && keys.every((key) => typeof key === "string")) return keys;
    throw new CheckpointCorruptError("the engine answered with something else than keys; run the same version on both sides.");
  }

  /** A body's writes stay with it until its step. */
  commit(): void {
    throw new RangeError("a body that runs elsewhere cannot write the channel directly");
  }

  now(): number {
    return this.clock.now();
  }
}
