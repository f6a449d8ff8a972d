import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkedKeep, type KeepOptions } from "../../src/core/checkpoint-policy.js";
import { InvalidOptionError } from "../../src/core/errors.js";
import { type Keepable, prunable } from "../../src/core/retention.js";
import { RetentionBook } from "../../src/engine/retention-book.js";

function checkpoint(seq: number, loss: number | null = null, bytes = 10, blobs: readonly string[] = []): Keepable {
  const metrics = loss === null ? {} : { loss };
  const named = blobs.map((sha256) => ({ sha256, bytes: 100 }));
  return { runId: "r", id: `c${seq}`, seq, metrics, bytes: bytes + 100 * named.length, blobs: named };
}

const kept = (all: readonly Keepable[], keep: KeepOptions, pins: readonly string[] = []): number[] => {
  const gone = new Set(prunable(all, checkedKeep(keep), new Set(pins)));
  return all.filter((one) => !gone.has(one)).map(({ seq }) => seq);
};

const ten = Array.from({ length: 10 }, (_, n) => checkpoint(n + 1));

describe("prunable", () => {
  it.each<[string, KeepOptions, readonly string[], readonly number[]]>([
    ["the last ones", { last: 3 }, [], [8, 9, 10]],
    ["every k-th, and the newest", { every: 4 }, [], [4, 8, 10]],
    ["what any rule keeps", { last: 2, every: 5 }, [], [5, 9, 10]],
    ["pinned ones whatever the rules say", { last: 1 }, ["c2", "c7"], [2, 7, 10]],
    ["the newest ones up to a size", { maxBytes: 35 }, [], [8, 9, 10]],
    ["the newest however large", { maxBytes: 1 }, [], [10]],
    ["pinned ones however large", { maxBytes: 25 }, ["c1"], [1, 10]],
    ["nothing but the newest where no checkpoint has the metric", { best: { metric: "loss", mode: "min" } }, [], [10]],
    ["all while they are small enough", { maxBytes: 100 }, [], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  ])("keeps %s", (_, keep, pins, expected) => {
    expect(kept(ten, keep, pins)).toEqual(expected);
  });

  it("keeps the best by a metric, never one that is NaN, and of equal ones the oldest", () => {
    const losses = [5, Number.NaN, 2, 2, null, 1, Number.POSITIVE_INFINITY, 3];
    const all = losses.map((loss, n) => checkpoint(n + 1, loss));
    expect(kept(all, { best: { metric: "loss", mode: "min" } })).toEqual([6, 8]);
    expect(kept(all, { best: { metric: "loss", mode: "min", count: 2 } })).toEqual([3, 6, 8]);
    expect(kept(all, { best: { metric: "loss", mode: "max", count: 2 } })).toEqual([1, 7, 8]);
    expect(kept(all, { best: { metric: "toString", mode: "max" } })).toEqual([8]);
  });

  it("gives up the best ones for their size last", () => {
    const all = [3, 1, 2, 4].map((loss, n) => checkpoint(n + 1, loss));
    const best = { metric: "loss", mode: "min" } as const;
    expect(kept(all, { last: 4, best, maxBytes: 20 })).toEqual([2, 4]);
    expect(kept(all, { last: 4, best, maxBytes: 19 })).toEqual([4]);
  });

  it("counts a blob once that several checkpoints name", () => {
    const all = [1, 2, 3].map((seq) => checkpoint(seq, null, 10, ["shared"]));
    expect(kept(all, { maxBytes: 130 })).toEqual([1, 2, 3]);
    expect(kept(all, { maxBytes: 129 })).toEqual([2, 3]);
  });

  it("tells checkpoints apart by their seq where ids are the same", () => {
    expect(
      kept(
        [1, 2, 3].map((seq) => ({ ...checkpoint(seq), id: "same" })),
        { last: 1 },
      ),
    ).toEqual([3]);
  });
});

const losses = fc.oneof(fc.constant(null), fc.constant(Number.NaN), fc.integer({ min: 0, max: 9 }));
const runs = fc.array(
  fc.record({ loss: losses, bytes: fc.nat(50), blobs: fc.uniqueArray(fc.constantFrom("a", "b", "c", "d")), pinned: fc.boolean() }),
  {
    minLength: 1,
    maxLength: 40,
  },
);
const count = fc.integer({ min: 1, max: 6 });
const keeps = fc
  .record(
    {
      last: count,
      every: count,
      best: fc.record({ metric: fc.constant("loss"), mode: fc.constantFrom("min" as const, "max" as const), count }),
      maxBytes: fc.integer({ min: 1, max: 1_000 }),
    },
    { requiredKeys: [] },
  )
  .filter((keep) => Object.keys(keep).length > 0);

const made = (steps: readonly { loss: number | null; bytes: number; blobs: string[] }[]): Keepable[] =>
  steps.map(({ loss, bytes, blobs }, n) => checkpoint(n + 1, loss, bytes, blobs));

describe("for any run and any policy", () => {
  it("the newest and the pinned ones stay, and so do the last ones and the best unless they are too large", () => {
    fc.assert(
      fc.property(runs, keeps, fc.nat(), (steps, keep, seed) => {
        const all = made(steps);
        const pins = new Set(all.filter((_, n) => steps[n]?.pinned).map(({ id }) => id));
        const shuffled = [...all].sort((a, b) => ((a.seq * (seed + 7)) % 11) - ((b.seq * (seed + 7)) % 11));
        const gone = new Set(prunable(shuffled, checkedKeep(keep), pins).map(({ seq }) => seq));
        const stays = ({ seq }: Keepable) => !gone.has(seq);
        const newest = all.at(-1) as Keepable;
        expect(stays(newest)).toBe(true);
        for (const one of all) if (pins.has(one.id)) expect(stays(one)).toBe(true);
        const left = all.filter(stays);
        const names = new Set(left.flatMap(({ blobs }) => blobs.map(({ sha256 }) => sha256)));
        const size = left.reduce((sum, { bytes, blobs }) => sum + bytes - 100 * blobs.length, 100 * names.size);
        const limit = keep.maxBytes ?? Number.POSITIVE_INFINITY;
        if (size > limit) expect(left.filter((one) => one !== newest && !pins.has(one.id))).toEqual([]);
        if (keep.maxBytes !== undefined) return;
        for (const one of all.slice(-(keep.last ?? 1))) expect(stays(one)).toBe(true);
        for (const one of all) if (keep.every !== undefined && one.seq % keep.every === 0) expect(stays(one)).toBe(true);
        const values = all.map(({ metrics: { loss = Number.NaN } }) => loss).filter((loss) => !Number.isNaN(loss));
        const top = keep.best && (keep.best.mode === "min" ? Math.min(...values) : Math.max(...values));
        if (values.length > 0 && top !== undefined) expect(left.some(({ metrics }) => metrics.loss === top)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("a list that is kept from checkpoint to checkpoint says the same as a look at all of them", () => {
    fc.assert(
      fc.property(runs, keeps, fc.nat(40), (steps, keep, unpinAt) => {
        const policy = checkedKeep(keep);
        const book = new RetentionBook(policy, []);
        const blobsGone = new Set<string>();
        const pins = new Set<string>();
        let left: Keepable[] = [];
        for (const [n, one] of made(steps).entries()) {
          if (steps[n]?.pinned) pins.add(one.id);
          if (n === unpinAt) pins.clear();
          left.push(one);
          book.add(one);
          const expected = prunable(left, policy, pins).map(({ seq }) => seq);
          const found: Keepable[] = [];
          const drop = (entry: Keepable) => {
            found.push(entry);
            for (const digest of book.drop(entry)) blobsGone.add(digest);
          };
          for (const entry of book.ruledOut(pins)) drop(entry);
          for (let entry = book.tooMuch(pins); entry !== null; entry = book.tooMuch(pins)) drop(entry);
          expect(found.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(expected);
          left = left.filter(({ seq }) => !expected.includes(seq));
          const named = new Set(left.flatMap(({ blobs }) => blobs.map(({ sha256 }) => sha256)));
          for (const digest of ["a", "b", "c", "d"]) expect(book.names(digest)).toBe(named.has(digest));
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("a keep policy", () => {
  it.each<[string, unknown]>([
    ["nothing", {}],
    ["an unknown field", { last: 1, lsat: 2 }],
    ["a list", [1]],
    ["null", null],
    ["last 0", { last: 0 }],
    ["last NaN", { last: Number.NaN }],
    ["every -1", { every: -1 }],
    ["every 1.5", { every: 1.5 }],
    ["maxBytes Infinity", { maxBytes: Number.POSITIVE_INFINITY }],
    ["maxBytes as a text", { maxBytes: "10 MB" }],
    ["best without a metric", { best: { mode: "min" } }],
    ["best with an unknown mode", { best: { metric: "loss", mode: "least" } }],
    ["best of 0", { best: { metric: "loss", mode: "min", count: 0 } }],
    ["best with an unknown field", { best: { metric: "loss", mode: "min", counts: 1 } }],
    ["best as a text", { best: "loss" }],
  ])("with %s is refused", (_, keep) => {
    expect(() => checkedKeep(keep as KeepOptions)).toThrow(InvalidOptionError);
  });
});
