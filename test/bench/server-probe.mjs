import { Redis } from "ioredis";
import { address } from "./contenders/redis.mjs";

/** Reads the counters of the Redis that is measured. */
export class ServerProbe {
  constructor(client) {
    this.client = client;
  }

  static async open() {
    return new ServerProbe(new Redis(await address()));
  }

  /** What the server has done since it was started, and what it holds. `commands` are those of clients and of scripts. */
  async look() {
    const info = await this.client.info("everything");
    const figure = (pattern) => Number(new RegExp(`^${pattern}([\\d.]+)`, "m").exec(info)?.[1] ?? 0);
    return {
      commands: figure("total_commands_processed:"),
      scripts: figure("cmdstat_evalsha:calls="),
      bytesIn: figure("total_net_input_bytes:"),
      bytesOut: figure("total_net_output_bytes:"),
      serverUs: 1e6 * (figure("used_cpu_user:") + figure("used_cpu_sys:")),
      memory: figure("used_memory:"),
      connections: figure("connected_clients:"),
      listingUs: figure("cmdstat_client\\|list:calls=\\d+,usec="),
    };
  }

  /** What has come to each of these while something was done. */
  async during(work) {
    const before = await this.look();
    await work();
    const after = await this.look();
    // The first look is counted when it is over.
    return {
      ...Object.fromEntries(Object.keys(after).map((name) => [name, after[name] - before[name]])),
      commands: after.commands - before.commands - 1,
    };
  }
}
