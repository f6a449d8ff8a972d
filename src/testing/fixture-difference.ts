import type { FixtureStep, ScenarioFixture } from "./scenario-fixture.js";
import { valueText } from "./value-text.js";

/** The first place at which a replay is not as its fixture. */
export interface FixtureDifference {
  /** From 1; `null` if all steps are the same. */
  readonly step: number | null;
  /** The task of that step, or `null`. */
  readonly task: string | null;
  /** What differs, as in `output.total` or `changes.paid.after`. */
  readonly path: string;
  /** What the fixture has, and what was found; `undefined` is nothing. */
  readonly expected: unknown;
  readonly found: unknown;
}

/** What is compared of a step, in this order: what comes first has caused what comes after it. */
const FIELDS = ["input", "became", "error", "output", "changes", "requests", "at"] as const satisfies readonly (keyof FixtureStep)[];

/** The first difference between two recordings, or `null`. */
export function firstDifference(expected: ScenarioFixture, found: ScenarioFixture): FixtureDifference | null {
  for (let index = 0; index < Math.max(expected.steps.length, found.steps.length); index++) {
    const difference = stepDifference(expected.steps[index], found.steps[index]);
    const task = (expected.steps[index] ?? found.steps[index])?.task ?? null;
    if (difference !== null) return { step: index + 1, task, ...difference };
  }
  const rest = differenceIn(expected.end, found.end, "end") ?? differenceIn(expected.events, found.events, "events");
  return rest && { step: null, task: null, ...rest };
}

/** A difference for people. */
export function differenceText({ step, task, path, expected, found }: FixtureDifference): string {
  const place = step === null ? path : `step ${step}, task ${task}: ${path}`;
  return `${place}\n  expected ${valueText(expected)}\n  found    ${valueText(found)}`;
}

type Place = Pick<FixtureDifference, "path" | "expected" | "found">;

function stepDifference(expected: FixtureStep | undefined, found: FixtureStep | undefined): Place | null {
  const [one, other] = [whose(expected), whose(found)];
  if (one !== other) return { path: "task", expected: one, found: other };
  for (const field of FIELDS) {
    const difference = differenceIn(expected?.[field], found?.[field], field);
    if (difference !== null) return difference;
  }
  return null;
}

const whose = (step: FixtureStep | undefined): string | undefined => step && `${step.task}, cycle ${step.cycle}, attempt ${step.attempt}`;

/** Where two pieces of JSON differ first; the order of fields does not count. */
function differenceIn(expected: unknown, found: unknown, path: string): Place | null {
  if (!isRecord(expected) || !isRecord(found) || Array.isArray(expected) !== Array.isArray(found)) {
    return Object.is(expected, found) ? null : { path, expected, found };
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    const difference = differenceIn(own(expected, key), own(found, key), pathOf(path, key, Array.isArray(expected)));
    if (difference !== null) return difference;
  }
  return null;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;
const own = (record: Readonly<Record<string, unknown>>, key: string): unknown => (Object.hasOwn(record, key) ? record[key] : undefined);

/** The `json` of a value is not what people look for. */
const pathOf = (path: string, key: string, isList: boolean): string =>
  isList ? `${path}[${key}]` : key === "json" ? path : `${path}.${key}`;
