import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SegmentedTable, type TableImage } from "../../src/core/segmented-table.js";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A table over a plain map, with a store of blobs that can be made to fail. */
class Bench {
  readonly model = new Map<string, string>();
  readonly blobs = new Map<string, string>();
  emitted = 0;
  table = this.#fresh();

  #fresh(): SegmentedTable {
    return new SegmentedTable(
      (key) => this.model.get(key) ?? null,
      sha256,
      (digest, text) => {
        this.blobs.set(digest, text);
        this.emitted += text.length;
      },
    );
  }

  set(key: string, record: string): void {
    this.model.set(key, record);
    this.table.touch(key);
  }

  drop(key: string): void {
    this.model.delete(key);
    this.table.gone(key);
  }

  /** Reads an image as a resume would, and goes on with a new table made of it. */
  adopt(): void {
    const image = this.table.image();
    const keys = image.segments.map(({ sha256: digest }) => entriesOf(this.blobs.get(digest) as string).map(([key]) => key));
    const present = [...fold(image, this.blobs).keys()];
    this.table = this.#fresh();
    this.table.adopt({ image, keys: () => keys, present: () => present });
  }
}

const entriesOf = (text: string): [string, unknown?][] => JSON.parse(text) as [string, unknown?][];

/** What an image says, by its blobs alone. */
function fold({ segments, tail }: TableImage, blobs: ReadonlyMap<string, string>): Map<string, string> {
  const found = new Map<string, string>();
  const put = (key: string, record: string | null): void => void (record === null ? found.delete(key) : found.set(key, record));
  for (const { sha256: digest, size } of segments) {
    const text = blobs.get(digest);
    if (text === undefined) throw new Error(`segment ${digest} is lost`);
    expect(text.length).toBe(size);
    for (const [key, record] of entriesOf(text)) put(key, record === undefined ? null : JSON.stringify(record));
  }
  for (const [key, record] of tail) put(key, record);
  return found;
}

const sorted = (map: ReadonlyMap<string, string>) => [...map].sort();
const record = (text: string): string => JSON.stringify(text);

type Act = readonly ["set", number, number] | readonly ["drop", number] | readonly ["image"] | readonly ["adopt"];

const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.tuple(fc.constant("set" as const), fc.nat(30), fc.constantFrom(1, 200, 3_000, 9_000)) },
    { weight: 3, arbitrary: fc.tuple(fc.constant("drop" as const), fc.nat(30)) },
    { weight: 3, arbitrary: fc.constant(["image"] as const) },
    { weight: 1, arbitrary: fc.constant(["adopt"] as const) },
  ),
  { minLength: 20, maxLength: 200, size: "max" },
);

describe("SegmentedTable", () => {
  it("always gives back the records there are, whatever is put, dropped, written and adopted", () => {
    let most = 0;
    fc.assert(
      fc.property(acts, (list) => {
        const bench = new Bench();
        for (const [at, act] of list.entries()) {
          if (act[0] === "set") bench.set(`k/${act[1]}`, record(`${at}${"x".repeat(act[2])}`));
          else if (act[0] === "drop") bench.drop(`k/${act[1]}`);
          else if (act[0] === "adopt") bench.adopt();
          const image = act[0] === "image" || at === list.length - 1 ? bench.table.image() : null;
          if (image === null) continue;
          most = Math.max(most, image.segments.length);
          expect(sorted(fold(image, bench.blobs))).toEqual(sorted(bench.model));
        }
      }),
      { numRuns: 150 },
    );
    expect(most).toBeGreaterThan(2);
  });

  it("keeps an image as it was while the table goes on", () => {
    const bench = new Bench();
    bench.set("a", record("1"));
    const image = bench.table.image();
    bench.set("a", record("2"));
    bench.drop("a");
    bench.table.image();
    expect(sorted(fold(image, bench.blobs))).toEqual([["a", record("1")]]);
  });

  it("writes a small table whole, and no removal that nobody needs", () => {
    const bench = new Bench();
    bench.set("a", record("1"));
    bench.set("b", record("2"));
    bench.table.image();
    bench.drop("a");
    const { segments, tail } = bench.table.image();
    expect(segments).toEqual([]);
    expect([...tail]).toEqual([["b", record("2")]]);
  });

  it("writes what has changed, not what there is: 1,000 images with 1 KB of 1 MB changed", () => {
    const bench = new Bench();
    const bytes = 1_000;
    for (let at = 0; at < 1_000; at++) bench.set(`k/${at}`, record("x".repeat(bytes)));
    bench.table.image();
    const before = bench.emitted;
    let tails = 0;
    let most = 0;
    for (let round = 0; round < 1_000; round++) {
      bench.set(`k/${(round * 7919) % 1_000}`, record(String(round).padEnd(bytes, "y")));
      const { segments, tail } = bench.table.image();
      most = Math.max(most, segments.length);
      for (const [key, text] of tail) tails += key.length + (text?.length ?? 0);
    }
    const perImage = (bench.emitted - before + tails) / 1_000;
    // Writing it whole would be a million for each image.
    expect(perImage).toBeLessThan(12_000);
    expect(most).toBeLessThan(24);
    expect(sorted(fold(bench.table.image(), bench.blobs))).toEqual(sorted(bench.model));
  });

  it("names few segments, and in all not much more text than there are records, however long it goes on", () => {
    const bench = new Bench();
    for (let round = 0; round < 3_000; round++) {
      bench.set(`k/${round % 700}`, record(`${round}${"z".repeat(round % 900)}`));
      if (round % 3 === 0) bench.drop(`k/${(round * 31) % 700}`);
      const { segments } = bench.table.image();
      expect(segments.length).toBeLessThan(24);
    }
    const live = sorted(bench.model).reduce((sum, [key, text]) => sum + key.length + text.length + 6, 0);
    const named = bench.table.image().segments.reduce((sum, { size }) => sum + size, 0);
    expect(named).toBeLessThan(3 * live);
  });

  it("ends without segments' worth of text once all records are gone", () => {
    const bench = new Bench();
    for (let at = 0; at < 50; at++) bench.set(`k/${at}`, record("x".repeat(1_000)));
    bench.table.image();
    for (let at = 0; at < 50; at++) bench.drop(`k/${at}`);
    const image = bench.table.image();
    expect(fold(image, bench.blobs).size).toBe(0);
  });
});
