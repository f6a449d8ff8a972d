import { describe, expect, it } from "vitest";
import { chain, each, isFlow, parallel } from "../../src/authoring/flow.js";
import { task } from "../../src/authoring/task.js";
import { DefinitionError, DuplicateIdError, InvalidIdError, InvalidOptionError } from "../../src/core/errors.js";
import { TaskGraph } from "../../src/core/graph.js";
import { atLeast, critical } from "../../src/core/group-policy.js";

const [a, b, c] = [task("a", () => 1), task("b", () => 2), task("c", () => 3)];
const loose = { chain, parallel, each } as unknown as Record<"chain" | "parallel" | "each", (...args: unknown[]) => unknown>;

describe("flows", () => {
  it("are frozen data", () => {
    const flow = chain(a, parallel([b, c], { policy: atLeast(1), concurrency: 2, name: "both" }));
    expect(flow).toMatchObject({ kind: "chain", parts: [a, { kind: "parallel", branches: [b, c] }] });
    const group = flow.parts[1] as ReturnType<typeof parallel>;
    expect(group.settings).toEqual({ name: "both", policy: { kind: "atLeast", count: 1 }, concurrency: 2 });
    expect([flow, flow.parts, group, group.branches, group.settings].every(Object.isFrozen)).toBe(true);
    expect(each(a)).toEqual({ kind: "each", branch: a, settings: { name: null, policy: "strict", concurrency: null } });
  });

  it("become graphs", () => {
    const graph = new TaskGraph("g").add(chain(a, parallel([b, c])));
    expect([...graph.plan().nodes.keys()]).toEqual(["a", "parallel-b", "b", "c"]);
    expect(graph.validate()).toEqual([]);
  });

  it("tells flows from other values", () => {
    expect([a, chain(a), parallel([a]), each(a)].every(isFlow)).toBe(true);
    expect([null, undefined, "a", {}, () => 1, class {}, { kind: "graph" }].some(isFlow)).toBe(false);
  });

  it("takes ten thousand tasks", () => {
    const many = Array.from({ length: 10_000 }, (_, i) => task(`t${i}`, () => i));
    expect(chain(...many).parts).toHaveLength(10_000);
    expect(parallel(many).branches).toHaveLength(10_000);
  });
});

describe("flows refuse", () => {
  it("what is no flow, and nothing at all", () => {
    expect(() => loose.chain()).toThrow(/chain\(\) has no parts/);
    expect(() => loose.parallel([])).toThrow(/parallel\(\[\]\) has no branches/);
    expect(() => loose.parallel(a, b)).toThrow(/expected an array/);
    expect(() => loose.chain(a, () => 1)).toThrow(/part 2 of a chain is \(function\): expected what task\(\)/);
    expect(() => loose.parallel([a, "b"])).toThrow(/branch 2 of a parallel is "b"/);
    expect(() => loose.each(undefined)).toThrow(DefinitionError);
  });

  it("two branches that end with the same name", () => {
    expect(() => parallel([a, chain(b, a)])).toThrow(DuplicateIdError);
    expect(() => parallel([a, task("a", () => 2)])).toThrow(/two branches of a parallel end with "a"/);
    expect(() => parallel([parallel([a]), parallel([task("a", () => 2)])])).toThrow(/"parallel-a"/);
  });

  it("a policy that could never be met", () => {
    expect(() => parallel([a, b], { policy: atLeast(3) })).toThrow(InvalidOptionError);
    expect(() => parallel([a, chain(b, c)], { policy: critical(["b"]) })).toThrow(/"b" is not in the group/);
    expect(parallel([a, chain(b, c)], { policy: critical(["c"]) }).settings.policy).toEqual(critical(["c"]));
    expect(() => each(a, { policy: critical(["a"]) })).toThrow(/cannot judge an each/);
    expect(() => loose.each(a, { policy: "lenient" })).toThrow(/policy "lenient" is not known/);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "2", null])("concurrency %s", (concurrency) => {
    expect(() => loose.each(a, { concurrency })).toThrow(/option concurrency of each is .*: expected a whole number from 1 up/);
    expect(() => loose.parallel([a], { concurrency })).toThrow(InvalidOptionError);
  });

  it("unknown options and names that are no ids", () => {
    expect(() => loose.each(a, { concurency: 2 })).toThrow(/each has no option "concurency": expected one of name, policy, concurrency/);
    expect(() => loose.each(a, 5)).toThrow(/options of each are 5/);
    expect(() => each(a, { name: "a b" })).toThrow(InvalidIdError);
  });
});
