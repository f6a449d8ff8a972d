import { AsyncLocalStorage } from "node:async_hooks";
import type { TaskContext } from "../core/task-context.js";
import { type OnCall, setTraps } from "./determinism-traps.js";
import { NotDeterministicError } from "./scenario-errors.js";

/** Whose code is being run: the id of the task, or nobody's. */
const onBehalf = new AsyncLocalStorage<Watched | null>();

interface Watched {
  readonly taskId: string;
  readonly found: (error: NotDeterministicError) => void;
}

/** How to put back what was there, and how many calls of scenarios are under way that watch. */
let installed: { readonly putBack: () => void; users: number } | null = null;

/** Watches the bodies of one scenario for calls that give another value at each run. */
export class DeterminismWatch {
  #violation: NotDeterministicError | null = null;

  /** What a body did first that it must not, whatever it made of the error. */
  get violation(): NotDeterministicError | null {
    return this.#violation;
  }

  /** Calls a body so that what it calls is known for its task's. */
  call(ctx: TaskContext<object>, body: (ctx: TaskContext<object>) => unknown): unknown {
    const watched: Watched = { taskId: ctx.taskId, found: (error) => void (this.#violation ??= error) };
    return onBehalf.run(watched, () => body(asLibrary(ctx, watched)));
  }

  /** Watches while `work` is under way; what was there before is put back, however it ends. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    installed ??= { putBack: setTraps(onCall), users: 0 };
    installed.users++;
    try {
      return await work();
    } finally {
      if (--installed.users === 0) {
        installed.putBack();
        installed = null;
      }
    }
  }
}

const onCall: OnCall = (call, replacement) => {
  const watched = onBehalf.getStore();
  if (watched === null || watched === undefined) return;
  const message = `task "${watched.taskId}" called ${call}, which gives another value at each run and after a resume: use ${replacement} instead.`;
  const error = new NotDeterministicError(message, call, watched.taskId);
  watched.found(error);
  throw error;
};

/** Calls that take a function of the body's. */
const TAKES_CODE: ReadonlySet<string | symbol> = new Set(["once", "update"]);
const PARTS: ReadonlySet<string | symbol> = new Set(["channel", "log"]);

/** The same object, with whatever its methods do known for the library's own. */
function asLibrary<T extends object>(object: T, watched: Watched): T {
  return new Proxy(object, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value === "function") {
        return (...args: readonly unknown[]) => {
          const passed = TAKES_CODE.has(key) ? args.map((arg) => asBody(arg, watched)) : args;
          return onBehalf.run(null, () => Reflect.apply(value, target, passed));
        };
      }
      return PARTS.has(key) ? asLibrary(value as object, watched) : value;
    },
  });
}

const asBody = (arg: unknown, watched: Watched): unknown =>
  typeof arg === "function" ? (...args: readonly unknown[]) => onBehalf.run(watched, () => Reflect.apply(arg, undefined, args)) : arg;
