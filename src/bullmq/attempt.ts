import type { RemoteAttempt, RemoteTask } from "../core/task-runner.js";
import type { Letter } from "./letter.js";

/** An attempt that was sent to a queue and has not ended. */
export class SentAttempt {
  /** Whether the engine has told the body to give up. */
  isAborted = false;
  /** Monotonic milliseconds. */
  sentAt = performance.now();
  /** The round of the inbox at which its job was found to be gone. */
  goneInRound: number | null = null;
  readonly #told = new Map<string, number>();
  readonly #answers = new Map<string, Promise<string>>();

  constructor(
    readonly job: string,
    readonly queue: string,
    readonly task: RemoteTask,
    private readonly attempt: RemoteAttempt,
    readonly resolve: (outcome: string) => void,
    readonly reject: (error: unknown) => void,
  ) {}

  get signal(): AbortSignal {
    return this.attempt.signal;
  }

  /** Hands on what the body says, each thing once. */
  tell({ from, no, text }: Letter): void {
    if (no <= (this.#told.get(from) ?? 0)) return;
    this.#told.set(from, no);
    // What no worker can have sent counts for nothing, and the body goes on.
    this.attempt.tell(text).catch(() => {});
  }

  /** The answer to what the body asks: the same, however often it asks the same. */
  ask({ from, no, text }: Letter): Promise<string> {
    const question = `${from} ${no}`;
    const known = this.#answers.get(question) ?? this.attempt.tell(text);
    this.#answers.set(question, known);
    return known;
  }
}
