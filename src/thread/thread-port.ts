import type { MessagePort } from "node:worker_threads";
import type { JobDesk } from "../core/task-runner.js";

/** What the body's thread says to the engine's. */
export type ToEngine =
  | { readonly kind: "begun" }
  | { readonly kind: "tell"; readonly message: string }
  | { readonly kind: "ask"; readonly id: number; readonly message: string };

/** What the engine's thread says to the body's. */
export type ToBody =
  | { readonly kind: "abort" }
  | { readonly kind: "answer"; readonly id: number; readonly answer: string }
  | { readonly kind: "refusal"; readonly id: number; readonly name: string; readonly message: string };

/** How a job ended in its thread. */
export type ThreadResult = { readonly outcome: string } | { readonly unserved: string };

/** What is handed to a thread at its start: the addresses of modules. */
export interface ThreadModules {
  readonly modules: readonly string[];
  readonly telemetry: string | null;
}

/** What is handed to a thread with a job. */
export interface ThreadJob {
  readonly job: string;
  readonly port: MessagePort;
}

/** The engine, as a body in a thread reaches it. */
export class PortDesk implements JobDesk {
  readonly #controller = new AbortController();
  readonly #asked = new Map<number, { resolve(answer: string): void; reject(error: Error): void }>();
  #last = 0;

  constructor(private readonly port: MessagePort) {
    port.on("message", (said: ToBody) => this.#hear(said));
    this.#send({ kind: "begun" });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  tell(message: string): void {
    this.#send({ kind: "tell", message });
  }

  ask(message: string): Promise<string> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#send({ kind: "ask", id, message });
    });
  }

  close(): void {
    this.port.close();
  }

  #send(said: ToEngine): void {
    this.port.postMessage(said);
  }

  #hear(said: ToBody): void {
    if (said.kind === "abort") return this.#controller.abort();
    const asked = this.#asked.get(said.id);
    this.#asked.delete(said.id);
    if (said.kind === "answer") asked?.resolve(said.answer);
    else asked?.reject(Object.assign(new Error(said.message), { name: said.name }));
  }
}
