import type { Channel } from "../core/channel.js";

/** A channel to be checked, new and empty, and its time. */
export interface ChannelUnderTest {
  readonly channel: Channel;
  /** Lets this many milliseconds pass on the clock by which the channel's values expire. */
  pass(ms: number): Promise<void>;
  /** Lets go of what the channel holds. */
  close?(): Promise<void>;
}

/** One promise of a channel, for any test runner: `for (const { name, check } of channelContract) it(name, () => check(open))`. */
export interface ChannelContractCase {
  readonly name: string;
  /** Rejects if the promise is broken. */
  check(open: () => Promise<ChannelUnderTest>): Promise<void>;
}

type Body = (channel: Channel, pass: ChannelUnderTest["pass"]) => Promise<void>;

/** Runs one check with a channel, and closes the channel however it ends. */
export function promise(name: string, body: Body): ChannelContractCase {
  const check: ChannelContractCase["check"] = async (open) => {
    const opened = await open();
    try {
      await body(opened.channel, (ms) => opened.pass(ms));
    } finally {
      await opened.close?.();
    }
  };
  return { name, check };
}
