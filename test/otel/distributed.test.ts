import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { until } from "../bullmq/support.js";
import { sharedRedis } from "../servers/redis.js";
import { end, TracedProcesses, word } from "./processes.js";
import { pathOf } from "./support.js";
import type { ToldSpan } from "./told-span.js";

const url = sharedRedis();

const named = (spans: readonly ToldSpan[], name: string): readonly ToldSpan[] => spans.filter((span) => span.name === name);

/** Spans whose parents nobody has told. */
function orphansOf(spans: readonly ToldSpan[]): readonly ToldSpan[] {
  const ids = new Set(spans.map(({ id }) => id));
  return spans.filter(({ parent }) => parent !== null && !ids.has(parent));
}

/** Workers of a queue of their own, and how to start engines of one run. */
async function withWorkers(count: number) {
  const processes = new TracedProcesses();
  const place = [url(), `q-${randomUUID().slice(0, 8)}`, "test-otel"];
  const worker = processes.program(new URL("./traced-worker.ts", import.meta.url));
  const program = processes.program(new URL("./traced-engine.ts", import.meta.url));
  const run = [...place, join(processes.folder, "checkpoints"), `r-${randomUUID().slice(0, 8)}`];
  await Promise.all(Array.from({ length: count }, () => word(processes.start(worker, ...place), "ready")));
  return { processes, engine: (...how: readonly string[]) => processes.start(program, ...run, ...how) };
}

function kill(child: ChildProcess): Promise<number | string | null> {
  const dead = end(child);
  child.kill("SIGKILL");
  return dead;
}

describe("a run that is killed, resumed in another process and spread over two workers", () => {
  it("is one trace, in which every span has its parent", { timeout: 180_000 }, async () => {
    const { processes, engine } = await withWorkers(2);
    const killed = engine("start");
    await word(killed, "waiting");
    expect(await kill(killed)).toBe("SIGKILL");
    const beforeKill = processes.spans.length;
    expect(await end(engine("resume"))).toBe(0);

    const { spans } = processes;
    expect(beforeKill).toBeGreaterThan(20);
    expect(spans.length).toBeGreaterThan(beforeKill + 20);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(new Set(spans.map(({ id }) => id)).size).toBe(spans.length);
    expect(orphansOf(spans)).toEqual([]);
    expect(spans.filter(({ parent }) => parent === null).map(({ name }) => name)).toEqual(["begin traced"]);

    const [part, ...others] = named(spans, "run traced");
    expect([part?.attributes["cairnflow.run.origin"], part?.links.length, others]).toEqual(["resumed", 1, []]);
    for (const name of ["early", "late"]) {
      const attempts = named(spans, `task ${name}`);
      const bodies = named(spans, `body ${name}`);
      expect([attempts.length, bodies.length]).toEqual([9, 9]);
      expect(new Set(bodies.map(({ parent }) => parent))).toEqual(new Set(attempts.map(({ id }) => id)));
      expect(attempts.every(({ attributes }) => attributes["cairnflow.task.runner"] === "bullmq")).toBe(true);
      const queries = named(spans, `query of ${name}`);
      expect(new Set(queries.map((span) => pathOf(span, spans)))).toEqual(
        new Set([`begin traced > task ${name} > body ${name} > query of ${name}`]),
      );
      const [failed, ...more] = attempts.filter(({ error }) => error === "not at once");
      expect(more).toEqual([]);
      expect(attempts.filter(({ links }) => links.includes(failed?.id ?? ""))).toHaveLength(1);
      expect(bodies.filter(({ error }) => error === "not at once").map(({ parent }) => parent)).toEqual([failed?.id]);
    }
    const places = new Set(spans.filter(({ name }) => name.startsWith("body ")).map(({ process }) => process));
    expect(places.size).toBe(2);
    expect(new Set(spans.map(({ process }) => process)).size).toBe(4);
    console.log(`${spans.length} spans of 4 processes in one trace, ${beforeKill} of them from before the kill`);
  });
});

describe("a run that is killed while a body is under way on a worker", () => {
  it("is one trace, in which only that body lacks its parent, which ended with its engine", { timeout: 180_000 }, async () => {
    const { processes, engine } = await withWorkers(1);
    const { file } = processes;
    const killed = engine("start", "held");
    await until(() => existsSync(`${file}.held`));
    expect(await kill(killed)).toBe("SIGKILL");
    writeFileSync(`${file}.open`, "");
    await until(() => named(processes.spans, "body held").length > 0);
    expect(await end(engine("resume", "held"))).toBe(0);

    const { spans } = processes;
    const bodies = named(spans, "body held");
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(orphansOf(spans)).toEqual([bodies[0]]);
    expect(bodies.map((span) => pathOf(span, spans))).toEqual(["body held", "begin holding > task held > body held"]);
  });
});
