import type { TraceEntry, TraceRequest } from "./trace-entry.js";
import { valueText } from "./value-text.js";

/**
 * A trace as a text for people and snapshots: some lines for each attempt, the same at every run of the same scenario.
 *
 * ```text
 * #2 +1m pay, attempt 2
 *    input   { id: "o1" }
 *    output  "receipt"
 *    channel paid: undefined -> true
 *    asked   checkpoint "paid"
 * ```
 */
export function formatTrace(trace: Iterable<TraceEntry>): string {
  return Array.from(trace, entryLines).flat().join("\n");
}

function entryLines(entry: TraceEntry): string[] {
  const line = (what: string, text: string): string => `   ${what.padEnd(8)}${text}`;
  const { input, output, error, changes, requests } = entry;
  return [
    headline(entry),
    ...(input === undefined ? [] : [line("input", valueText(input))]),
    ...(output === undefined ? [] : [line("output", valueText(output))]),
    ...(error === null ? [] : [line("error", `${error.name}: ${error.message}`)]),
    ...Object.entries(changes).map(([key, { before, after }]) => line("channel", `${key}: ${valueText(before)} -> ${valueText(after)}`)),
    ...requests.map((request) => line("asked", requestText(request))),
  ];
}

function headline({ index, at, task, cycle, attempt, became }: TraceEntry): string {
  const visit = cycle > 1 ? `, cycle ${cycle}` : "";
  const again = attempt > 1 || became === "retrying" ? `, attempt ${attempt}` : "";
  return `#${index} +${timeText(at)} ${task}${visit}${again}${became === "completed" ? "" : `: ${became}`}`;
}

function requestText(request: TraceRequest): string {
  switch (request.kind) {
    case "next":
    case "goto":
      return `${request.kind} ${request.task}${request.id === null ? "" : ` (id ${request.id})`}${withInput(request.input)}`;
    case "iteration":
      return `iteration${withInput(request.input)}`;
    case "checkpoint":
      return `checkpoint${request.name === null ? "" : ` ${JSON.stringify(request.name)}`}`;
    case "terminate":
    case "cancel":
      return `${request.kind}${request.message === null ? "" : ` ${JSON.stringify(request.message)}`}`;
    case "metric":
      return `metric ${request.name} ${valueText(request.value)}`;
    case "artifact":
      return `artifact ${JSON.stringify(request.path)}`;
  }
}

const withInput = (input: unknown): string => (input === undefined ? "" : ` with ${valueText(input)}`);

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

/** Milliseconds as `3d 2h`, `1m 30s`, `250ms`; fractions of a millisecond are kept. */
export function timeText(ms: number): string {
  const parts: string[] = [];
  let left = ms;
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size);
    if (count > 0) parts.push(`${count}${unit}`);
    left -= count * size;
  }
  if (left > 0) parts.push(`${Number(left.toFixed(3))}ms`);
  return parts.length === 0 ? "0s" : parts.join(" ");
}
