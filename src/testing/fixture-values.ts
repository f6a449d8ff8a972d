import { capture, StoredValue } from "../core/serialize/index.js";
import type { FixtureChange, FixtureRequest, FixtureStep, FixtureValue } from "./scenario-fixture.js";
import type { TraceChange, TraceEntry, TraceRequest } from "./trace-entry.js";

/** A value as it stands in a fixture. Throws `NotSerializableError`. */
export const written = (value: unknown): FixtureValue => JSON.parse(capture(value, "value").text()) as FixtureValue;

/** A value of a fixture; `undefined` for one that is not there. Throws `CheckpointCorruptError` for what superjson has not written. */
export const unwritten = (value: FixtureValue | undefined): unknown =>
  value === undefined ? undefined : StoredValue.fromText(JSON.stringify(value)).read();

/** An attempt as it stands in a fixture. */
export function stepOf({ index: _, input, output, error, changes, requests, ...facts }: TraceEntry): FixtureStep {
  return {
    ...facts,
    input: written(input),
    ...(facts.became === "completed" ? { output: written(output) } : {}),
    ...(error === null ? {} : { error }),
    ...(Object.keys(changes).length === 0 ? {} : { changes: mapped(changes, changeOf) }),
    ...(requests.length === 0 ? {} : { requests: requests.map(requestOf) }),
  };
}

/** Every value of a record, by the same keys. */
export const mapped = <From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

const changeOf = ({ before, after }: TraceChange): FixtureChange => ({
  ...(before === undefined ? {} : { before: written(before) }),
  ...(after === undefined ? {} : { after: written(after) }),
});

function requestOf(request: TraceRequest): FixtureRequest {
  if ("input" in request) return { ...request, input: written(request.input) };
  return request.kind === "metric" ? { ...request, value: written(request.value) } : { ...request };
}
