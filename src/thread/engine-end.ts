import type { MessagePort } from "node:worker_threads";
import { toErrorRecord } from "../core/error-record.js";
import type { RemoteAttempt } from "../core/task-runner.js";
import type { ToBody, ToEngine } from "./thread-port.js";

/** The engine's end of the line to a body in a thread: hands on what it says, and ends its thread if it does not give up in time. */
export class EngineEnd {
  /** Whether the thread was ended because the body had taken longer than it may. */
  isLate = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly port: MessagePort,
    private readonly attempt: RemoteAttempt,
    private readonly timeoutMs: number | null,
    private readonly killAfterMs: number,
    private readonly kill: () => void,
  ) {
    port.on("message", (said: ToEngine) => void this.#hear(said));
    if (attempt.signal.aborted) this.#giveUp();
    attempt.signal.addEventListener("abort", this.#giveUp, { once: true });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.attempt.signal.removeEventListener("abort", this.#giveUp);
    this.port.close();
  }

  async #hear(said: ToEngine): Promise<void> {
    if (said.kind === "begun") return this.#watch();
    try {
      const answer = await this.attempt.tell(said.message);
      if (said.kind === "ask") this.#send({ kind: "answer", id: said.id, answer });
    } catch (error) {
      const { name, message } = toErrorRecord(error);
      if (said.kind === "ask") this.#send({ kind: "refusal", id: said.id, name, message });
    }
  }

  /** A body that does not let go of its thread cannot see its own time-out. */
  #watch(): void {
    if (this.timeoutMs === null) return;
    this.#timer ??= setTimeout(() => {
      this.isLate = true;
      this.kill();
    }, this.timeoutMs + this.killAfterMs).unref();
  }

  readonly #giveUp = (): void => {
    this.#send({ kind: "abort" });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.kill, this.killAfterMs).unref();
  };

  #send(said: ToBody): void {
    this.port.postMessage(said);
  }
}
