import { randomUUID } from "node:crypto";
import type { Errand } from "./redis-faults.js";
import type { Answer, RedisServer } from "./redis-server.js";
import { namesOf } from "./replies.js";
import { answerKey, runKeys, runsKey } from "./run-keys.js";
import type { Script } from "./script.js";

type Args = readonly (string | Uint8Array)[];

/** Runs scripts on the keys of runs. */
export class RunScripts {
  constructor(
    private readonly server: RedisServer,
    private readonly prefix: string,
  ) {}

  get location(): string {
    return this.server.location;
  }

  /** Runs a script that finds out by itself whether it was run before. */
  run(runId: string, errand: Errand, script: Script, args: Args = []): Promise<Answer> {
    return this.server.run({ ...errand, runId }, script, runKeys(this.prefix, runId), args);
  }

  /** Runs a script whose answer is remembered, so that it is the same when asked again. Resolves to its words. */
  async runOnce(runId: string, errand: Errand, script: Script, args: Args): Promise<readonly string[]> {
    const keys = [...runKeys(this.prefix, runId), answerKey(this.prefix, runId, randomUUID())];
    const { reply } = await this.server.run({ ...errand, runId }, script, keys, args);
    return namesOf(reply)[0]?.split(" ") ?? [];
  }

  /** Runs a script on the index of runs. */
  async runOnIndex(errand: Errand, script: Script, args: Args = []): Promise<unknown> {
    return (await this.server.run(errand, script, [runsKey(this.prefix)], args)).reply;
  }
}
