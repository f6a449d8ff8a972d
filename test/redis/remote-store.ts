import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Answering } from "../s3/child.js";
import type { Order, Reply } from "./store-process.js";
import { afterwards } from "./support.js";

/** A store in a process of its own, which is killed after the test. */
export class RemoteStore {
  private constructor(private readonly child: Answering) {}

  static async start(url: string, prefix: string, leaseMs = 30_000): Promise<RemoteStore> {
    const child = new Answering(new URL("./store-process.ts", import.meta.url), [url, prefix, String(leaseMs)]);
    afterwards(() => child.stop());
    await child.next<Reply>();
    return new RemoteStore(child);
  }

  get pid(): number {
    return this.child.process.pid ?? 0;
  }

  tell(what: Order["what"], { runId = "r1", seq = 1, stops = null }: Partial<Order> = {}): Promise<Reply> {
    return this.child.ask<Reply>({ what, runId, seq, stops } satisfies Order);
  }

  /** Resolves when the process has stopped. */
  async suspended(): Promise<void> {
    while (!/^State:\s+T/m.test(readFileSync(`/proc/${this.pid}/status`, "utf8"))) await delay(5);
  }

  proceed(): void {
    this.child.process.kill("SIGCONT");
  }
}
