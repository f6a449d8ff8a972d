import { type TaskContext, task, workflow } from "cairnflow";
import { bullmqRunner, createEngine, createWorker, runQueue } from "cairnflow/bullmq";
import type { RedisChannel } from "cairnflow/redis";
import type { Cluster, Redis } from "ioredis";
import { describe, expectTypeOf, it } from "vitest";

declare const client: Redis;
declare const cluster: Cluster;
declare const channel: RedisChannel;
const flow = workflow(
  "flow",
  task("double", (_: TaskContext, n: number) => n * 2),
);

describe("the connection of workers and engines", () => {
  it("takes an address, options, or a client of ioredis as it is", () => {
    for (const connection of ["redis://h", { host: "h", port: 1 }, client, cluster] as const) {
      expectTypeOf(bullmqRunner).toBeCallableWith({ connection, queue: "q" });
      expectTypeOf(runQueue).toBeCallableWith({ connection, queue: "q" });
      expectTypeOf(createWorker).toBeCallableWith({ connection, queue: "q", workflows: [flow], channel });
      expectTypeOf(createEngine).toBeCallableWith({ connection, queue: "q", workflows: [flow], checkpoints: "redis://h" });
    }
  });

  it("takes nothing else", () => {
    // @ts-expect-error a port is no connection
    bullmqRunner({ connection: 6379, queue: "q" });
    // @ts-expect-error a queue has a name
    runQueue({ connection: "redis://h" });
  });
});
