import { JsonReader } from "../core/read-json.js";
import type { Settlement } from "../core/rehearsal.js";
import { StoredValue } from "../core/serialize/index.js";
import { FixtureError } from "./scenario-errors.js";

/** A value as superjson writes it: `json`, and `meta` where JSON alone would not be exact. */
export interface FixtureValue {
  readonly json: unknown;
  readonly meta?: unknown;
}

/** An error, without its stack. */
export interface FixtureFailure {
  readonly name: string;
  readonly code: string | null;
  readonly message: string;
}

/** Something a body asked for: as `TraceRequest`, with values that can be written down. */
export interface FixtureRequest {
  readonly kind: string;
  readonly input?: FixtureValue;
  /** Of a metric. */
  readonly value?: FixtureValue;
  readonly [field: string]: unknown;
}

/** What a key of the channel held before a step and after it; what is missing was not there. */
export interface FixtureChange {
  readonly before?: FixtureValue;
  readonly after?: FixtureValue;
}

/** One attempt of a recorded run. */
export interface FixtureStep {
  readonly task: string;
  readonly name: string;
  readonly cycle: number;
  readonly attempt: number;
  /** Milliseconds of virtual time from the beginning to the commit. */
  readonly at: number;
  readonly became: Settlement;
  readonly input: FixtureValue;
  readonly output?: FixtureValue;
  readonly error?: FixtureFailure;
  /** What it changed in the channel, by key. */
  readonly changes?: Readonly<Record<string, FixtureChange>>;
  readonly requests?: readonly FixtureRequest[];
}

/** How a recorded run ended. */
export interface FixtureEnd {
  readonly status: "completed" | "stopped" | "failed";
  readonly output?: FixtureValue;
  readonly message?: string;
  readonly error?: FixtureFailure;
}

/** A recorded run: a JSON file that people review. */
export interface ScenarioFixture {
  /** The version of the format. */
  readonly cairnflowScenario: 1;
  readonly workflow: { readonly name: string; readonly version: number };
  readonly runId: string;
  readonly seed: string | number;
  /** When it began, by its clock: ISO 8601. */
  readonly startedAt: string;
  readonly input: FixtureValue;
  /** What the channel held at the beginning. */
  readonly channel: Readonly<Record<string, FixtureValue>>;
  readonly steps: readonly FixtureStep[];
  readonly end: FixtureEnd;
  /** Retries, failures, checkpoints, warnings and ends, in order, a line each. */
  readonly events: readonly string[];
}

/** The fixture as it stands in its file. */
export const fixtureText = (fixture: ScenarioFixture): string => `${JSON.stringify(fixture, null, 2)}\n`;

/** Reads a fixture. Throws `FixtureError`, by the path of what is not as it should be. */
export function readFixture(text: string, where: string): ScenarioFixture {
  try {
    const read = JsonReader.parse(text, "fixture");
    checkFormat(read, where);
    checkFields(read);
    return read.value as ScenarioFixture;
  } catch (cause) {
    if (cause instanceof FixtureError) throw cause;
    throw new FixtureError(`${where} is no fixture of a scenario: ${(cause as Error).message.split(";")[0]}; record it again.`, { cause });
  }
}

function checkFormat(read: JsonReader, where: string): void {
  const format = read.at("cairnflowScenario").count(1);
  if (format === 1) return;
  throw new FixtureError(
    `${where} has format ${format} of fixtures: this version of the library reads format 1; use the version that recorded it, or record it again.`,
  );
}

const SETTLEMENTS: readonly Settlement[] = ["completed", "cancelled", "retrying", "failed", "released"];

/** A fixture may have been edited by hand: every field that is used is looked at. */
function checkFields(read: JsonReader): void {
  const workflow = read.at("workflow");
  workflow.at("name").text();
  workflow.at("version").count(1);
  read.at("runId").text();
  if (typeof read.at("seed").value !== "number") read.at("seed").text();
  if (Number.isNaN(Date.parse(read.at("startedAt").text())))
    throw new FixtureError("fixture.startedAt is no time: expected ISO 8601; correct it.");
  checkValue(read.at("input"));
  for (const [key] of read.at("channel").entries()) checkValue(read.at("channel").at(key));
  for (const step of read.at("steps").items()) checkStep(step);
  read.at("end").at("status").oneOf(["completed", "stopped", "failed"]);
  checkOptional(read.at("end").at("output"), checkValue);
  checkOptional(read.at("end").at("error"), checkFailure);
  for (const event of read.at("events").items()) event.text();
}

function checkStep(step: JsonReader): void {
  step.at("task").text();
  step.at("name").text();
  step.at("cycle").count(1);
  step.at("attempt").count(1);
  step.at("at").number();
  step.at("became").oneOf(SETTLEMENTS);
  checkValue(step.at("input"));
  checkOptional(step.at("output"), checkValue);
  checkOptional(step.at("error"), checkFailure);
  checkOptional(step.at("changes"), (changes) => {
    for (const [key] of changes.entries()) for (const side of ["before", "after"]) checkOptional(changes.at(key).at(side), checkValue);
  });
  checkOptional(step.at("requests"), (requests) => {
    for (const request of requests.items()) {
      request.at("kind").text();
      for (const field of ["input", "value"]) checkOptional(request.at(field), checkValue);
    }
  });
}

function checkFailure(failure: JsonReader): void {
  failure.at("name").text();
  failure.at("code").textOrNull();
  failure.at("message").text();
}

function checkValue(value: JsonReader): void {
  if (typeof value.value === "object" && value.value !== null && Object.hasOwn(value.value, "json")) {
    StoredValue.fromText(JSON.stringify(value.value)).read();
    return;
  }
  throw new FixtureError(`${value.path} is no value of a fixture: expected { "json": ... }; correct it, or record it again.`);
}

const checkOptional = (field: JsonReader, check: (field: JsonReader) => void): void => {
  if (field.value !== undefined) check(field);
};
