import type { ChannelBackend } from "../core/channel.js";
import { UsageError } from "../core/errors.js";
import { RedisChannelReads } from "./redis-channel-reads.js";
import type { ChannelValues } from "./redis-channel-values.js";

/** The channel of a run as others see it while the run is under way. Only the run writes it. */
export class RedisChannelReader extends RedisChannelReads implements ChannelBackend {
  constructor(
    readonly runId: string,
    values: ChannelValues,
  ) {
    super(values);
  }

  async commit(): Promise<void> {
    const { runId } = this;
    throw new UsageError(`the channel of run ${runId} was written from outside: only the run itself does; write from one of its tasks.`, {
      runId,
    });
  }
}
