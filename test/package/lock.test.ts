import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { missingEntries } from "./complete-lock.mjs";

const text = readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8");
const lock = JSON.parse(text) as { packages: Record<string, object> };

describe("the lock file", () => {
  it("names no registry", () => {
    expect(text).not.toMatch(/"resolved"/);
  });

  it("holds every platform package, also those this registry does not carry", () => {
    expect(missingEntries(lock.packages).map(([path]) => path)).toEqual([]);
  });
});
