import { describe, expect, it } from "vitest";
import { end, TracedProcesses } from "./processes.js";
import { pathOf } from "./support.js";

describe("a run whose bodies are in threads", () => {
  it("is one trace, in which the spans of bodies are below those of their attempts", { timeout: 120_000 }, async () => {
    const processes = new TracedProcesses();
    processes.program(new URL("../../src/thread/thread-worker.ts", import.meta.url));
    const program = processes.program(new URL("./traced-thread.ts", import.meta.url));
    expect(await end(processes.start(program))).toBe(0);

    const { spans } = processes;
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    const paths = new Set(spans.map((span) => pathOf(span, spans)));
    expect([...paths].sort()).toEqual(
      [
        "begin traced",
        "begin traced > run traced",
        "begin traced > task items",
        "begin traced > task items > body items",
        "begin traced > task wait",
        ...["early", "late"].flatMap((name) => {
          const attempt = `begin traced > task ${name}`;
          return [attempt, `${attempt} > body ${name}`, `${attempt} > body ${name} > query of ${name}`];
        }),
      ].sort(),
    );
    const kinds = spans.filter(({ name }) => name === "task early").map(({ attributes }) => attributes["cairnflow.task.runner"]);
    expect(new Set(kinds)).toEqual(new Set(["thread"]));
  });
});
