import {
  type CheckpointStore,
  chain,
  ExecutionContext,
  MemoryCheckpointStore,
  openCheckpointStore,
  resume,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";
import { aes256gcm } from "../../src/codec/aes256gcm.js";
import { withCodec } from "../../src/codec/coded-store.js";
import { gzip } from "../../src/codec/gzip.js";
import { CheckpointError, CodecError } from "../../src/core/errors.js";
import { keyOf, rawOf, TamperedStore } from "./support.js";

const RUNS = ["with-journal", "with-error"];
const SECRETS = ["input", "value", "large", "result", "error", "meta", "name", "key", "metric", "journal"].map((what) => `secret-${what}`);

/** Leaves a secret wherever something of a run is stored; its last task fails if it is told to. */
function leaking(failing: boolean) {
  const first = task("first", async (ctx: TaskContext, input: string) => {
    await ctx.channel.set("secret-key", `secret-value of ${input}`);
    await ctx.channel.set(
      "large",
      Array.from({ length: 4_000 }, (_, place) => `secret-large ${place}`),
    );
    ctx.metric("secret-metric", 1);
    return "secret-result";
  });
  const second = task("second", async (ctx: TaskContext, result: string) => {
    ctx.checkpoint({ note: "secret-meta" }, { name: "secret-name" });
    return result;
  });
  const third = task("third", async (ctx: TaskContext, result: string) => {
    await ctx.channel.set("late", "secret-journal");
    return result;
  });
  const fourth = task("fourth", (_ctx: TaskContext, result: string) => {
    if (failing) throw new RangeError("secret-error");
    return `${result} and more`;
  });
  return workflow("leaking", chain(first, second, third, fourth));
}

/** Runs it until it fails, twice: one run ends with steps in its journal, the other with a checkpoint that holds the error. */
async function failed(store: CheckpointStore): Promise<void> {
  for (const runId of RUNS) {
    const options = { runId, durability: "step", checkpoints: { store, onError: runId === "with-error" } } as const;
    await expect(ExecutionContext.create(leaking(true), options).run("secret-input")).rejects.toThrow("secret-error");
  }
}

async function rawOfAll(inner: CheckpointStore): Promise<(readonly [place: string, bytes: Uint8Array])[]> {
  const raw = await Promise.all(RUNS.map((runId) => rawOf(inner, runId)));
  return raw.flatMap((each) => [...each]);
}

/** The secrets that can be read in what lies in a store, and the digests of its blobs. */
async function readable(inner: CheckpointStore, digests: readonly string[]): Promise<string[]> {
  const texts = (await rawOfAll(inner)).map(([place, bytes]) => `${place} ${Buffer.from(bytes).toString("latin1")}`);
  for (const part of ["context", "state", "meta", "blob", "journal"]) {
    expect(
      texts.some((text) => text.startsWith(`with-journal`) && text.includes(` ${part} `)),
      part,
    ).toBe(true);
  }
  return [...SECRETS, ...digests].filter((secret) => texts.some((text) => text.includes(secret)));
}

describe("a run whose store is encrypted", () => {
  it("leaves nothing that can be read, neither values nor errors, names or metadata", async () => {
    const plain = new MemoryCheckpointStore();
    await failed(plain);
    const digests = await plain.blobs("with-journal");
    expect(await readable(plain, digests)).toEqual([...SECRETS, ...digests]);
    for (const codec of [aes256gcm({ key: keyOf(1) }), [gzip(), aes256gcm({ key: keyOf(1) })]]) {
      const inner = new MemoryCheckpointStore();
      await failed(withCodec(inner, codec));
      expect(await readable(inner, digests)).toEqual([]);
    }
  });

  it("is resumed with its journal after its key was changed, and looked at, pruned and checked", async () => {
    const inner = new MemoryCheckpointStore();
    await failed(withCodec(inner, [gzip(), aes256gcm({ key: keyOf(1) })]));
    const store = withCodec(inner, [gzip(), aes256gcm({ keys: [keyOf(2), keyOf(1)] })]);
    const { output } = await resume(leaking(false), { from: store, runId: "with-journal", checkpoints: { store, every: "task" } });
    expect(output).toBe("secret-result and more");
    const history = openCheckpointStore(store);
    const [newest] = await history.list("with-journal");
    expect(newest?.metrics).toEqual({ "secret-metric": 1 });
    expect(await history.prune("with-journal", { last: 1 })).toBeGreaterThan(0);
    expect((await history.verify("with-journal")).map(({ damage }) => damage)).toEqual([null]);
    const names = (await history.load(newest?.id as string)).channel;
    expect(names.get("late")).toBe("secret-journal");
  });

  it("loses nothing to a prune without its old key", async () => {
    const inner = new MemoryCheckpointStore();
    await failed(withCodec(inner, aes256gcm({ key: keyOf(1) })));
    const old = await inner.blobs("with-journal");
    const both = withCodec(inner, aes256gcm({ keys: [keyOf(2), keyOf(1)] }));
    await resume(leaking(false), { from: both, runId: "with-journal", checkpoints: { store: both, every: "task", keep: { last: 1 } } });
    const late = openCheckpointStore(withCodec(inner, aes256gcm({ key: keyOf(2) })));
    const before = await inner.blobs("with-journal");
    expect(
      before.some((name) => old.includes(name)),
      "blobs that are shared with older checkpoints",
    ).toBe(true);
    await late.prune("with-journal", { last: 1 });
    expect(await inner.blobs("with-journal")).toEqual(before);
    expect((await openCheckpointStore(both).verify("with-journal")).map(({ damage }) => damage)).toEqual([null]);
  });

  it("cannot be listed, resumed or pruned without its key, nor without a codec", async () => {
    const inner = new MemoryCheckpointStore();
    await failed(withCodec(inner, aes256gcm({ key: keyOf(1) })));
    const before = await rawOfAll(inner);
    for (const codec of [aes256gcm({ key: keyOf(2) }), gzip()]) {
      const store = withCodec(inner, codec);
      const history = openCheckpointStore(store);
      await expect(history.list("with-error")).rejects.toThrow(CodecError);
      await expect(history.prune("with-error", { last: 1 })).rejects.toThrow(CodecError);
      await expect(resume(leaking(false), { from: store, runId: "with-error" })).rejects.toThrow(CodecError);
    }
    await expect(resume(leaking(false), { from: inner, runId: "with-error" })).rejects.toThrow(CheckpointError);
    expect(await rawOfAll(inner)).toEqual(before);
  });

  it("can be listed when a document that the list does not need is damaged", async () => {
    const inner = new TamperedStore();
    const store = withCodec(inner, aes256gcm({ key: keyOf(1) }));
    await failed(store);
    const history = openCheckpointStore(store);
    const [newest] = await history.list("with-error");
    inner.instead.set(`with-error ${newest?.seq}-${newest?.id} context`, new Uint8Array(9));
    expect((await history.list("with-error"))[0]).toEqual(newest);
    expect(inner.fired).toBeGreaterThan(0);
    await expect(history.load(newest?.id as string)).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT", file: "context.json" });
  });
});
