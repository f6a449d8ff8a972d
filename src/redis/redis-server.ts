import { Patience } from "../host/patience.js";
import { LinkError } from "./link-error.js";
import { type Errand, explained, mayPass } from "./redis-faults.js";
import type { RedisLink } from "./redis-link.js";
import type { Script } from "./script.js";

/** What a script has answered. */
export interface Answer {
  readonly reply: unknown;
  /** Whether it may have been run before, as an earlier answer was lost. */
  readonly isUnsure: boolean;
}

/** How many times the limit of one answer a question is asked again for. */
const PATIENCE = 3;

/** A server that may be away for a while: every question is asked again until it is answered, or patience ends. */
export class RedisServer {
  constructor(
    private readonly link: RedisLink,
    readonly location: string,
    private readonly limitMs: number,
  ) {}

  /** Runs a script, which must be safe to be run again with the same arguments. */
  run(errand: Errand, script: Script, keys: readonly string[], args: readonly (string | Uint8Array)[] = []): Promise<Answer> {
    const rest = [String(keys.length), ...keys, ...args.map(sendable)];
    return this.#persist(errand, () => this.#evaluate(script, rest));
  }

  /** Sends a command that changes nothing. */
  async ask(errand: Errand, command: string, args: readonly string[]): Promise<unknown> {
    return (await this.#persist(errand, () => this.link.send(command, args))).reply;
  }

  async #evaluate(script: Script, rest: readonly (string | Buffer)[]): Promise<unknown> {
    try {
      return await this.link.send("evalsha", [script.sha1, ...rest]);
    } catch (error) {
      if (!(error instanceof LinkError) || error.word !== "NOSCRIPT") throw error;
      return this.link.send("eval", [script.text, ...rest]);
    }
  }

  async #persist(errand: Errand, attempt: () => Promise<unknown>): Promise<Answer> {
    const patience = new Patience(PATIENCE * this.limitMs);
    let isUnsure = false;
    for (;;) {
      try {
        return { reply: await attempt(), isUnsure };
      } catch (error) {
        if (!(error instanceof LinkError)) throw error;
        isUnsure ||= error.fate === "lost";
        if (!mayPass(error) || !(await patience.pause())) throw explained(error, errand, this.location, isUnsure);
      }
    }
  }
}

const sendable = (arg: string | Uint8Array): string | Buffer =>
  typeof arg === "string" ? arg : Buffer.from(arg.buffer, arg.byteOffset, arg.byteLength);
