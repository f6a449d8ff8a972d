import { atLeast, chain, each, parallel, type TaskContext, TaskGraph, task } from "cairnflow";
import fc from "fast-check";
import type { GraphJSON } from "../../src/core/graph-json.js";

const same = (_ctx: TaskContext, value: unknown): unknown => value;

/** Groups in groups, a join, and edges that go back. */
export function training(): TaskGraph {
  const [load, train, end] = [task("load", same), task("train", { join: "any" }, same), task("end", same)];
  const scores = chain(
    task("clean", same),
    task("rows", (): number[] => []),
    each(task("score", same), { concurrency: 8 }),
  );
  const features = parallel([scores, task("stats", same)], { name: "features", policy: atLeast(1) });
  return new TaskGraph("training")
    .add(chain(load, features, train, end))
    .edge(train, train)
    .edge(train, features);
}

const REFERENCE = { strategy: "reference", module: "m", name: "n", qualname: "q" } as const;

/** A graph as data, of which a stored one may say anything: edges to nowhere, groups in themselves, names twice. */
export const anyGraph = (name: fc.Arbitrary<string>): fc.Arbitrary<GraphJSON> =>
  fc.uniqueArray(name, { minLength: 1, maxLength: 14 }).chain((names) => {
    const some = fc.constantFrom(...names);
    const home = fc.oneof(fc.constant(null), some);
    const node = fc.record({
      id: some,
      group: home,
      join: fc.constantFrom("all" as const, "any" as const),
      reference: fc.constant(REFERENCE),
    });
    const group = fc.record({
      id: some,
      kind: fc.constantFrom("parallel" as const, "each" as const),
      group: home,
      policy: name,
      concurrency: fc.oneof(fc.constant(null), fc.nat()),
      branches: fc.constant([]),
    });
    return fc.record({
      name,
      starts: fc.array(some, { maxLength: 2 }),
      nodes: fc.uniqueArray(node, { maxLength: 12, selector: ({ id }) => id }),
      groups: fc.uniqueArray(group, { maxLength: 4, selector: ({ id }) => id }),
      edges: fc.array(fc.record({ from: some, to: some, back: fc.boolean() }), { maxLength: 20 }),
    });
  });

/** What would do harm if anything took it for more than a text. */
export const HOSTILE = [
  '"><script>window.harmed=1</script>',
  '</style></title></svg><img src=x onerror="window.harmed=1">',
  "' onmouseover='alert(1)",
  "]]><!-- &lt;b&gt; & &amp;",
  "javascript:alert(1)",
  "url(http://127.0.0.1:9/x)",
  "\u202egnp.exe\u202c \u2066x\u2069 \u200b",
  "\u0000\u0007\u001b[31m\r\n\u2028\ud800",
  "__proto__",
  "constructor",
  "長い名前🎉é́́́",
  "x".repeat(5_000),
] as const;

/** Names of all sorts. */
export const anyName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("a", "b", "load", "score-all", "n.1", "__proto__"),
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: "binary", maxLength: 30 }),
);
