import Emittery from "emittery";
import { toErrorRecord } from "../core/error-record.js";
import type { RunEventMap, RunEventName, RunEvents, RunListeners } from "../core/run-events.js";

/**
 * The events of one run. Listeners are called in order, after the change they tell of, and not waited for; without any,
 * nothing is made.
 */
export class RunEventHub implements RunEvents {
  readonly #emitter = new Emittery<RunEventMap>();
  readonly #wanted = new Map<RunEventName | "any", number>();

  constructor(
    private readonly runId: string,
    listeners: RunListeners = {},
  ) {
    for (const [name, listener] of Object.entries(listeners)) this.on(name as RunEventName, listener as () => void);
  }

  on<Name extends RunEventName>(name: Name, listener: (event: RunEventMap[Name]) => void | Promise<void>): () => void {
    const off = this.#emitter.on(name, listener);
    return this.#counted(name, off);
  }

  once<Name extends RunEventName>(name: Name): Promise<RunEventMap[Name]> {
    return new Promise((resolve) => {
      const off = this.on(name, (event) => {
        off();
        resolve(event);
      });
    });
  }

  onAny(listener: (name: RunEventName, event: RunEventMap[RunEventName]) => void | Promise<void>): () => void {
    const off = this.#emitter.onAny((name, event) => listener(name as RunEventName, event as RunEventMap[RunEventName]));
    return this.#counted("any", off);
  }

  /** Whether anybody listens: ask before making an event. */
  wants(name: RunEventName): boolean {
    return this.#wanted.size > 0 && (this.#wanted.has(name) || this.#wanted.has("any"));
  }

  emit<Name extends RunEventName>(name: Name, event: RunEventMap[Name]): void {
    if (!this.wants(name)) return;
    this.#emitter.emit(name, event).catch((error) => this.#complain(name, error));
  }

  /** Resolves when the listeners have been called with everything so far. */
  async delivered(): Promise<void> {
    // Emittery calls listeners one turn of the microtask queue after an event; a complaint about one of them takes a few more.
    for (let turn = 0; turn < 8 && this.#wanted.size > 0; turn++) await null;
  }

  #complain(name: RunEventName, error: unknown): void {
    if (name === "warning") return;
    const message = `a listener of ${name} threw ${toErrorRecord(error).name}; the run goes on, mend the listener.`;
    this.emit("warning", { runId: this.runId, code: "LISTENER_THREW", message });
  }

  #counted(name: RunEventName | "any", off: () => void): () => void {
    this.#wanted.set(name, (this.#wanted.get(name) ?? 0) + 1);
    let on = true;
    return () => {
      if (!on) return;
      on = false;
      off();
      const left = (this.#wanted.get(name) ?? 1) - 1;
      if (left === 0) this.#wanted.delete(name);
      else this.#wanted.set(name, left);
    };
  }
}
