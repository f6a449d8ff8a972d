import { type CairnError, RunCancelledError, RunnerError } from "../core/errors.js";
import type { JobDesk } from "../core/task-runner.js";
import type { Letter } from "./letter.js";

/** How long an answer is waited for before a question is sent again. */
const ASK_AGAIN_MS = 5_000;

interface Question {
  readonly resolve: (answer: string) => void;
  readonly reject: (error: unknown) => void;
}

/** How a desk sends what the body says; resolves to whether there is an engine to read it. */
export type SendWord = (kind: "tell" | "ask", text: string, no: number) => Promise<boolean>;

/** Carries the words of one body to its engine, and those of the engine to the body. */
export class BodyDesk implements JobDesk {
  readonly #controller = new AbortController();
  readonly #questions = new Map<number, Question>();

  constructor(
    /** Gives a number that no letter of this worker has had. */
    private readonly nextNo: () => number,
    private readonly send: SendWord,
  ) {}

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  tell(message: string): void {
    this.send("tell", message, this.nextNo()).catch(() => {});
  }

  ask(message: string): Promise<string> {
    const no = this.nextNo();
    return new Promise((resolve, reject) => {
      const again = setInterval(post, ASK_AGAIN_MS);
      const settled =
        <Value>(settle: (value: Value) => void) =>
        (value: Value): void => {
          clearInterval(again);
          this.#questions.delete(no);
          settle(value);
        };
      const question = { resolve: settled(resolve), reject: settled(reject) };
      this.#questions.set(no, question);
      const { send } = this;
      function post(): void {
        send("ask", message, no).then((isHeard) => {
          if (!isHeard) question.reject(engineGone());
        }, question.reject);
      }
      post();
    });
  }

  /** Takes a letter of the engine. */
  hear({ kind, no, text }: Letter): void {
    if (kind === "abort") this.abort();
    if (kind === "answer") this.#questions.get(no)?.resolve(text);
    if (kind === "failure") this.#questions.get(no)?.reject(new RunnerError(`the engine could not do what a task asked for: ${text}`));
  }

  /** Tells the body to give up. */
  abort(error: CairnError = new RunCancelledError("the engine has told this task to give up")): void {
    this.#controller.abort(error);
    for (const question of [...this.#questions.values()]) question.reject(error);
  }

  /** The body has ended: nothing is asked again. */
  close(): void {
    for (const question of [...this.#questions.values()]) question.reject(new RunCancelledError("the task has ended"));
  }
}

const engineGone = (): RunnerError =>
  new RunnerError("the engine of a task is not there any more, so that it cannot be asked; its run can be resumed by another.");
