import { ExecutionContext, type ExecutionOptions, type Logger, MemoryChannel, type RunEventName } from "cairnflow";
import { describe, expect, it } from "vitest";
import { contentOf } from "../redis/channel-support.js";
import { type RemoteCase, remoteCases } from "./remote-cases.js";
import { TextRunner } from "./text-runner.js";

const VOLATILE = new Set(["durationMs", "waitMs", "stack", "walked"]);

/** As data that two runs can be compared by: without times and stacks, and without which of several members ended a group. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, inner: unknown) => (VOLATILE.has(key) ? undefined : inner)) ?? "null");

async function told({ flow, input, options }: RemoteCase, isRemote: boolean) {
  const channel = new MemoryChannel();
  const runner = new TextRunner([flow], channel);
  const lines: unknown[] = [];
  const line =
    (level: string): Logger["info"] =>
    (fields, message) =>
      lines.push([level, Object.keys(fields), message]);
  const logger = { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
  const wired: ExecutionOptions = { runId: "r", seed: 1, channel, logger, ...options, ...(isRemote ? { runner } : {}) };
  const context = ExecutionContext.create(flow, wired);
  const events: unknown[] = [];
  context.events.onAny((name: RunEventName, event) => void events.push([name, plain(event)]));
  const ended = await context.run(input as never).then(
    ({ output, status, steps, message }) => ({ output, status, steps, message }),
    (error: Error) => ({ name: error.name, message: error.message, cause: (error.cause as Error | undefined)?.message }),
  );
  return { seen: { ended, events: sorted(events), lines: sorted(lines), channel: await contentOf(channel.backend) }, runner };
}

/** Tasks side by side end in another order elsewhere. */
const sorted = (events: readonly unknown[]): readonly string[] => events.map((event) => JSON.stringify(event)).sort();

describe("a run whose bodies run elsewhere", () => {
  it.each(remoteCases)("is as one whose bodies run here: $name", async (one) => {
    const here = await told(one, false);
    const elsewhere = await told(one, true);
    expect(elsewhere.seen).toEqual(here.seen);
    expect(elsewhere.runner.tasks.length).toBeGreaterThan(0);
    expect(elsewhere.runner.calls).toEqual(["begin r", "end r"]);
    expect(here.runner.tasks).toEqual([]);
  });
});
