import fc from "fast-check";
import { expect } from "vitest";
import { CairnError } from "../../src/core/errors.js";
import { capture } from "../../src/core/serialize/index.js";
import type { TaskJob } from "../../src/core/task-job.js";
import type { TaskSpec } from "../../src/core/task-spec.js";

export const spec: TaskSpec = {
  serial: 7,
  order: 9,
  taskId: "train",
  node: "train",
  ref: { strategy: "reference", module: "flow", name: "train", qualname: "train" },
  input: capture(new Map([["a", 1n]]), "input"),
  attempt: 2,
  failures: 1,
  maxRetries: 3,
  cycle: 4,
  createdAt: 1_700_000_000_000,
  availableAt: 1_700_000_000_500,
  parent: 6,
  origin: { via: "goto", from: "load", cycle: 3 },
  scope: { group: 3, member: 2 },
  lineage: "x#1.0",
  lastError: { name: "Error", message: "busy", code: "BUSY", stack: null, cause: null },
  memo: new Map([["drawn", capture([undefined, Number.NaN], "memo")]]),
};

export const job: TaskJob = {
  runId: "run-1",
  epoch: 3,
  workflow: { name: "flow", version: 2, graphHash: "abc" },
  spec,
  instance: "train/2",
  seed: "seed",
  steps: 11,
  maxCycles: 100,
  defaultMaxRetries: 1,
  hasStore: true,
  durability: "step",
  trace: null,
};

const PIECES = [
  '"__proto__"',
  '"constructor"',
  "null",
  "-1",
  "1e999",
  "[]",
  "{}",
  '""',
  '"../../etc"',
  "{",
  "}",
  ",",
  "\u0000",
  "9999999999999999",
];

/** Reads random texts, and a valid one with random damage: each is read, or refused with an error of ours; nothing else changes. */
export function expectSafe(valid: string, read: (text: string) => unknown): void {
  const before = [Object.keys(Object.prototype), Object.keys(Array.prototype), Object.getPrototypeOf({})];
  let refused = 0;
  const attempt = (text: string): void => {
    try {
      read(text);
    } catch (error) {
      refused++;
      expect(error, text).toBeInstanceOf(CairnError);
    }
  };
  const damage = fc.record({
    at: fc.nat(valid.length),
    cut: fc.nat(12),
    piece: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 5 })),
  });
  fc.assert(
    fc.property(damage, ({ at, cut, piece }) => attempt(valid.slice(0, at) + piece + valid.slice(at + cut))),
    { numRuns: 1_500, seed: 1 },
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => attempt(text)),
    { numRuns: 500, seed: 2 },
  );
  expect(refused).toBeGreaterThan(500);
  expect([Object.keys(Object.prototype), Object.keys(Array.prototype), Object.getPrototypeOf({})]).toEqual(before);
}
