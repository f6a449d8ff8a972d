import { describe, expect, it } from "vitest";
import { TaskGraph } from "../../src/core/graph.js";
import { atLeast, critical } from "../../src/core/group-policy.js";
import { hash32s, hash128 } from "../../src/core/hash.js";
import type { AnyFlow } from "../../src/core/task.js";
import { aChain, anEach, aParallel, aTask } from "./graph-fixtures.js";

const hashOf = (...flows: AnyFlow[]): string => flows.reduce((graph: TaskGraph, flow) => graph.add(flow), new TaskGraph("g")).hash();

describe("the hash of a graph", () => {
  it("stays the same over library versions", () => {
    expect(hashOf(aChain(aTask("a"), aParallel([aTask("b"), aTask("c")]), aTask("d")))).toMatchInlineSnapshot(
      `"09f19c19f1eb5836b5d00953ef8aff89"`,
    );
  });

  it("does not depend on the order of adding, on names of graphs, or on options of tasks", () => {
    const base = hashOf(aTask("a", { next: ["b", "c"] }), aTask("b"), aTask("c"));
    expect(hashOf(aTask("c", { after: ["a"] }), aTask("b"), aTask("a", { next: ["b"] }))).toBe(base);
    const [a, b, c] = [
      aTask("a", { tags: ["gpu"], timeoutMs: 5, start: true }),
      aTask("b", { maxCycles: 3 }),
      aTask("c", { critical: true }),
    ];
    const other = new TaskGraph("other").add(c).add(b).add(a).edge(a, c).edge(a, b);
    expect(other.hash()).toBe(base);
  });

  it("changes with edges, nodes, joins and groups", () => {
    const [a, b, c] = [aTask("a"), aTask("b"), aTask("c")];
    const any = aTask("c", { join: "any" });
    const hashes = [
      hashOf(aChain(a, b, c)),
      hashOf(aChain(a, c, b)),
      hashOf(aChain(a, b, c), aTask("d")),
      new TaskGraph("g")
        .add(aChain(a, b, c))
        .edge(a, c)
        .hash(),
      new TaskGraph("g")
        .add(aChain(a, b, any))
        .edge(a, any)
        .hash(),
      new TaskGraph("g")
        .add(aChain(a, b, c))
        .edge(c, a)
        .hash(),
      hashOf(aChain(a, aParallel([b, c], { name: "g" }))),
      hashOf(aChain(a, aParallel([c, b], { name: "g" }))),
      hashOf(aChain(a, aParallel([aChain(b, c)], { name: "g" }))),
      hashOf(aChain(a, aParallel([b, c], { name: "g", policy: "bestEffort" }))),
      hashOf(aChain(a, aParallel([b, c], { name: "g", policy: atLeast(1) }))),
      hashOf(aChain(a, aParallel([b, c], { name: "g", policy: critical(["b"]) }))),
      hashOf(aChain(a, anEach(aChain(b, c), { name: "g" }))),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hashOf(aChain(a, aParallel([b, c], { name: "g", concurrency: 1 })))).toBe(hashes[6]);
  });
});

describe("hash128", () => {
  it("gives 32 hex digits that never change", () => {
    expect(["", "a", "abcdefgh", "abcdefghi", "cairn\u{1F5FB}", "\ud800"].map(hash128)).toMatchInlineSnapshot(`
      [
        "1ce4c6abe34cfda931d6e0a0eaa8c88e",
        "cf2f01dd7bc9098d9c68e792228b7f0f",
        "4353ba62ae309c65e6c08bb6804d99eb",
        "d593420b8625fd10d92019dbdf286fd6",
        "98e4c9be77678be1db247421d95371f0",
        "586d3b5f121d7be0c9dba0eba02a2b0f",
      ]
    `);
  });

  it("tells many similar texts apart in every word", () => {
    for (const word of [0, 1, 2, 3]) {
      const seen = new Set(Array.from({ length: 20_000 }, (_, i) => hash32s(`run-${i}`)[word]));
      expect(seen.size).toBeGreaterThan(19_990);
    }
  });

  it("flips about half of all bits when one bit of the text flips", () => {
    let flipped = 0;
    for (let i = 0; i < 500; i++) {
      const text = `some text of length ${i}`;
      const at = i % text.length;
      const other = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << (i % 7))) + text.slice(at + 1);
      const [left, right] = [hash32s(text), hash32s(other)];
      for (const [word, bits] of left.entries()) flipped += ((bits ^ right[word]!) >>> 0).toString(2).replaceAll("0", "").length;
    }
    expect(flipped / 500 / 128).toBeGreaterThan(0.48);
    expect(flipped / 500 / 128).toBeLessThan(0.52);
  });
});
