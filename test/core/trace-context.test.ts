import { describe, expect, it } from "vitest";
import { jobText, readJob } from "../../src/core/task-job.js";
import { readTraceContext } from "../../src/core/trace-context.js";
import { job } from "./remote-fixtures.js";

const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

describe("a trace context out of data", () => {
  it.each([
    null,
    7,
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    {},
    { traceparent: 1 },
    { traceparent: "" },
    { traceparent: `${PARENT}\n` },
    { traceparent: ` ${PARENT}` },
    { traceparent: PARENT.toUpperCase() },
    { traceparent: `ff${PARENT.slice(2)}` },
    { traceparent: `01${PARENT.slice(2)}` },
    { traceparent: `${PARENT}-00` },
    { traceparent: `00-${"0".repeat(32)}-b7ad6b7169203331-01` },
    { traceparent: `00-0af7651916cd43dd8448eb211c80319c-${"0".repeat(16)}-01` },
    { traceparent: [PARENT] },
  ])("is left out unless it has the format of W3C: %j", (value) => {
    expect(readTraceContext(value)).toBe(null);
  });

  it.each([
    ["vendor=1", "vendor=1"],
    ["a=1, t-1@b=x y", "a=1, t-1@b=x y"],
    ["", null],
    ["a", null],
    ["A=1", null],
    ["a=1\n", null],
    ["a=\u0007", null],
    ["a=1,b", null],
    [`a=${"x".repeat(600)}`, null],
    [Array.from({ length: 40 }, (_, n) => `a${n}=1`).join(","), null],
    [9, null],
  ])("loses a tracestate that has not: %j", (tracestate, kept) => {
    expect(readTraceContext({ traceparent: PARENT, tracestate })?.tracestate).toBe(kept);
  });
});

describe("a job", () => {
  it("carries the trace context of its attempt, and is none the longer without", () => {
    const trace = { traceparent: PARENT, tracestate: "vendor=1" };
    expect(readJob(jobText({ ...job, trace })).trace).toEqual(trace);
    expect(jobText(job)).not.toContain("trace");
    expect(readJob(jobText(job)).trace).toBe(null);
  });

  it.each([7, "x", [], { traceparent: "javascript:alert(1)" }, { traceparent: { toString: 1 } }])(
    "is read without a trace context that is none: %j",
    (trace) => {
      expect(readJob(jobText({ ...job, trace: trace as never }))).toEqual(readJob(jobText(job)));
    },
  );
});
