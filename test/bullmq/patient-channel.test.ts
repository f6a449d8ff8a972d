import { describe, expect, it } from "vitest";
import { PatientChannel } from "../../src/bullmq/patient-channel.js";
import type { ChannelBackend } from "../../src/core/channel.js";
import { StoreUnavailableError, UsageError } from "../../src/core/errors.js";
import { capture } from "../../src/core/serialize/index.js";

/** A channel whose server is away for the first calls. */
function awayFor(calls: number, error: Error = new StoreUnavailableError("the server is away")) {
  let asked = 0;
  const answer = async <Value>(value: Value): Promise<Value> => {
    if (asked++ < calls) throw error;
    return value;
  };
  const channel: ChannelBackend = {
    kind: "redis",
    read: () => answer(capture(7, "value")),
    length: () => answer(3),
    keys: () => answer(["a"]),
    commit: () => {},
    now: () => 5,
  };
  return { channel, asked: () => asked };
}

describe("the channel of a run as a body of a worker reads it", () => {
  it("waits for a server that is away, and then answers", async () => {
    const { channel, asked } = awayFor(1);
    const patient = new PatientChannel(channel, new AbortController().signal);
    expect((await patient.read("n"))?.read()).toBe(7);
    expect([await patient.length("n"), await patient.keys(""), patient.now(), patient.kind, asked()]).toEqual([3, ["a"], 5, "redis", 4]);
  });

  it("stops waiting when the body is told to give up", async () => {
    const { channel, asked } = awayFor(Number.POSITIVE_INFINITY);
    const abort = new AbortController();
    const reading = new PatientChannel(channel, abort.signal).read("n");
    abort.abort();
    await expect(reading).rejects.toThrow(StoreUnavailableError);
    expect(asked()).toBeGreaterThan(0);
  });

  it("does not wait for what is no matter of time", async () => {
    const { channel, asked } = awayFor(1, new UsageError("no such channel"));
    await expect(new PatientChannel(channel, new AbortController().signal).length("n")).rejects.toThrow(UsageError);
    expect(asked()).toBe(1);
  });
});
