import { expect } from "vitest";
import type { Cairn } from "./cairn.js";

/** The one line of JSON that a command wrote. */
export async function jsonOf(asked: Cairn, code = 0): Promise<Readonly<Record<string, unknown>>> {
  expect([await asked.ended, asked.errors]).toEqual([code, expect.any(String)]);
  expect(asked.output.split("\n")).toHaveLength(2);
  return JSON.parse(asked.output) as Readonly<Record<string, unknown>>;
}

/** What a command wrote as text. */
export async function textOf(asked: Cairn, code = 0): Promise<string> {
  expect([await asked.ended, asked.errors]).toEqual([code, expect.any(String)]);
  return asked.output;
}
