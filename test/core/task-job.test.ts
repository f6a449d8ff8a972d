import { describe, expect, it } from "vitest";
import { CheckpointCorruptError, IncompatibleCheckpointError, InvalidIdError, LimitExceededError } from "../../src/core/errors.js";
import { jobText, readJob } from "../../src/core/task-job.js";
import { expectSafe, job } from "./remote-fixtures.js";

describe("the text of a job", () => {
  it("is read as it was written", () => {
    const read = readJob(jobText(job));
    expect({ ...read, spec: { ...read.spec, input: read.spec.input.read(), memo: read.spec.memo?.get("drawn")?.read() } }).toEqual({
      ...job,
      spec: { ...job.spec, input: new Map([["a", 1n]]), memo: [undefined, Number.NaN] },
    });
  });

  it("is refused if it is of another version, too long, or names a run that cannot be", () => {
    expect(() => readJob(jobText(job).replace('"v":1', '"v":2'))).toThrow(IncompatibleCheckpointError);
    expect(() => readJob(" ".repeat(64 * 1024 * 1024 + 1))).toThrow(LimitExceededError);
    for (const runId of ["*", "__proto__", "a:b", "../x", ""]) expect(() => readJob(jobText({ ...job, runId }))).toThrow(InvalidIdError);
    expect(() => readJob(jobText(job).replace('"reference"', '"import"'))).toThrow(CheckpointCorruptError);
  });

  it("is refused with an error of ours if it is damaged, and changes nothing else", () => {
    expectSafe(jobText(job), readJob);
  });
});
