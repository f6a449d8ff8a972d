import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SentAttempt } from "../../src/bullmq/attempt.js";
import { BodyDesk } from "../../src/bullmq/body-desk.js";
import { mayPass, withoutValues } from "../../src/bullmq/client-faults.js";
import type { RedisLike } from "../../src/bullmq/connection.js";
import { readJobData } from "../../src/bullmq/job-data.js";
import { type Letter, letterFields, readLetter } from "../../src/bullmq/letter.js";
import { Outbox } from "../../src/bullmq/outbox.js";
import { checkedPlace, queueOf } from "../../src/bullmq/queue-names.js";
import { CairnError } from "../../src/core/errors.js";
import { quietly } from "./support.js";

const letter: Letter = { kind: "tell", job: "run.1.2.1.box", from: "worker1", no: 7, text: "a b\n{}" };

describe("a letter", () => {
  it("is read as it was written", () => {
    expect(readLetter(...letterFields(letter))).toEqual(letter);
  });

  it("is nothing if whoever wrote it is none of ours", () => {
    for (const head of [
      "",
      "open",
      "tell",
      "eval a b 1",
      "tell a ../b 1",
      "tell a b one",
      "tell a b 1 2",
      "__proto__ a b 1",
      `tell ${"x".repeat(600)} b 1`,
    ])
      expect(readLetter(head, "")).toBeNull();
  });
});

describe("the data of a job", () => {
  const data = { to: "engine1", run: "run-1", epoch: 1, job: "{}", refusedBy: ["worker1"] };

  it("is read as it was written, and refused if a field is not what it must be", () => {
    expect(readJobData(data)).toEqual(data);
    const bad = [null, "x", 1, [], { ...data, to: "a:b" }, { ...data, run: "*" }, { ...data, epoch: "1" }, { ...data, job: {} }];
    for (const one of [...bad, { ...data, refusedBy: ["../x"] }, { ...data, refusedBy: Array(10_001).fill("w") }, Object.create(data)])
      expect(() => readJobData(one)).toThrow(CairnError);
  });
});

describe("the names of queues", () => {
  it("are the same for the same tags in any order, and others for others", () => {
    expect(queueOf("q", [])).toBe("q");
    expect(queueOf("q", ["b", "a", "b"])).toBe(queueOf("q", ["a", "b"]));
    expect(new Set([["a"], ["b"], ["a", "b"], ["a:b"], ["a-b"]].map((tags) => queueOf("q", tags))).size).toBe(5);
    expect(queueOf("q", ["a:b"])).not.toContain(":");
  });

  it("may have a prefix in braces", () => {
    expect(checkedPlace({ queue: "q", prefix: "{c}" }, "x")).toEqual({ queue: "q", prefix: "{c}" });
  });
});

describe("a job that could not be put into its queue", () => {
  const reply = (message: string): Error => Object.assign(new Error(message), { name: "ReplyError", command: { args: ["secret"] } });

  it("is put again unless the server has refused it for good", () => {
    const passing = [new Error("Connection is closed."), reply("LOADING Redis is loading"), reply("READONLY You can't write"), undefined];
    expect(passing.map(mayPass)).toEqual(passing.map(() => true));
    expect([reply("OOM command not allowed"), reply("NOPERM no"), reply("WRONGTYPE")].map(mayPass)).toEqual([false, false, false]);
  });

  it("goes for letters as well, but not when the client was closed", async () => {
    const replies: (Error | string)[] = [reply("READONLY now"), "1-1", reply("OOM full"), new Error("Connection is closed.")];
    const call = vi.fn(async () => {
      const next = replies.shift();
      if (next instanceof Error) throw next;
      return next;
    });
    const outbox = new Outbox({ call } as unknown as RedisLike, { queue: "q", prefix: "p" });
    expect(await outbox.post("box", letter)).toBe(true);
    await expect(outbox.post("box", letter)).rejects.toThrow("OOM");
    await expect(outbox.post("box", letter)).rejects.toThrow("closed");
    expect(call).toHaveBeenCalledTimes(4);
  });

  it("is told of without its values", () => {
    expect(inspect(withoutValues(reply("OOM full")))).not.toContain("secret");
    expect(withoutValues(reply("OOM full"))).toMatchObject({ name: "ReplyError", message: "OOM full" });
  });
});

describe("what a body says", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function desk(isHeard = true) {
    const sent: (readonly [string, string, number])[] = [];
    let no = 0;
    const made = new BodyDesk(
      () => ++no,
      async (kind, text, number) => {
        sent.push([kind, text, number]);
        return isHeard;
      },
    );
    return { made, sent };
  }
  const answer = (kind: Letter["kind"], no: number, text = ""): Letter => ({ kind, job: "j", from: "e", no, text });

  it("is asked again until it is answered, with the same number", async () => {
    const { made, sent } = desk();
    const asked = made.ask("what");
    await vi.advanceTimersByTimeAsync(11_000);
    expect(sent).toEqual(Array(3).fill(["ask", "what", 1]));
    made.hear(answer("answer", 2, "of another question"));
    made.hear(answer("answer", 1, "that"));
    expect(await asked).toBe("that");
    await vi.advanceTimersByTimeAsync(11_000);
    expect(sent).toHaveLength(3);
  });

  it("rejects if the engine is gone, has failed, tells it to give up, or its body has ended", async () => {
    expect(await quietly(desk(false).made.ask("what"))).toMatchObject({ code: "RUNNER" });
    for (const [end, error] of [
      [(made: BodyDesk) => made.hear(answer("failure", 1, "full")), { message: expect.stringContaining("full") }],
      [(made: BodyDesk) => made.hear(answer("abort", 0)), { code: "RUN_CANCELLED" }],
      [(made: BodyDesk) => made.close(), { code: "RUN_CANCELLED" }],
    ] as const) {
      const { made } = desk();
      const asked = quietly(made.ask("what"));
      end(made);
      expect(await asked).toMatchObject(error);
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  it("is taken once by its engine, however often it arrives, and answered the same", async () => {
    const told: string[] = [];
    const attempt = { signal: new AbortController().signal, tell: async (text: string) => `${text} ${told.push(text)}` };
    const task = { key: "k", runId: "r", epoch: 0, taskId: "t", tags: [], timeoutMs: null, job: "" };
    const sent = new SentAttempt(
      "k.b",
      "q",
      task,
      attempt,
      () => {},
      () => {},
    );
    for (const no of [1, 2, 2, 1, 3]) sent.tell({ ...letter, no, text: String(no) });
    sent.tell({ ...letter, from: "worker2", no: 1, text: "other" });
    expect(told).toEqual(["1", "2", "3", "other"]);
    const answers = [
      await sent.ask({ ...letter, kind: "ask", no: 9, text: "q" }),
      await sent.ask({ ...letter, kind: "ask", no: 9, text: "q" }),
    ];
    expect(answers).toEqual(["q 5", "q 5"]);
  });
});
