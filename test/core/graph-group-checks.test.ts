import { describe, expect, it } from "vitest";
import { InvalidOptionError } from "../../src/core/errors.js";
import { checkPolicy } from "../../src/core/group-checks.js";
import { atLeast, critical, type GroupPolicy } from "../../src/core/group-policy.js";

const members = ["a", "b", "c"];

describe("checkPolicy", () => {
  it("takes what a group can meet", () => {
    for (const policy of ["strict", "bestEffort", atLeast(1), atLeast(3), critical(["a", "c"]), () => true] satisfies GroupPolicy[])
      expect(() => checkPolicy(policy, members)).not.toThrow();
    for (const policy of ["strict", atLeast(1_000), () => true] satisfies GroupPolicy[])
      expect(() => checkPolicy(policy, null)).not.toThrow();
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "2"])("refuses atLeast(%s)", (count) => {
    expect(() => checkPolicy(atLeast(count as number), members)).toThrow(InvalidOptionError);
    expect(() => checkPolicy(atLeast(count as number), null)).toThrow("expected a whole number of at least 1");
  });

  it("refuses more members than there are, and members that do not exist", () => {
    expect(() => checkPolicy(atLeast(5), members)).toThrow("the group has only 3 members");
    expect(() => checkPolicy(critical(["a", "zz"]), members)).toThrow('"zz" is not in the group; expected "a", "b", "c"');
    expect(() => checkPolicy(critical(["a"]), null)).toThrow("cannot judge an each");
  });

  it.each(["lenient", null, undefined, 3, {}, { kind: "critical" }])("refuses %s", (policy) => {
    expect(() => checkPolicy(policy as GroupPolicy, members)).toThrow("is not known: expected");
  });
});
