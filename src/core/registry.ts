import { DuplicateIdError } from "./errors.js";
import { quoted } from "./ids.js";
import type { AnyBody, AnyTask } from "./task.js";
import type { TaskRef } from "./task-ref.js";

/** A task as a workflow knows it. */
export interface RegisteredTask {
  readonly task: AnyTask;
  readonly ref: TaskRef;
  /** The node of the graph it is, or `null` for one that is only queued while running. */
  readonly node: string | null;
}

const keyOf = (module: string, name: string): string => `${module}#${name}`;

/** How a task of a module is written down. */
export const refOf = (module: string, task: AnyTask): TaskRef => ({
  strategy: "reference",
  module: task.settings.module ?? module,
  name: task.name,
  qualname: task.qualname,
});

/**
 * The only way from a reference back to code. Holds what the program has imported and put into a workflow; never
 * imports or evaluates anything by itself.
 */
export class TaskRegistry {
  readonly #byKey = new Map<string, RegisteredTask>();
  readonly #byFormerKey = new Map<string, RegisteredTask>();
  readonly #byCode = new Map<unknown, RegisteredTask>();

  constructor(
    /** The module of tasks that name none: the name of the workflow or graph. */
    readonly module: string,
    methods: ReadonlyMap<AnyBody, AnyTask> = new Map(),
  ) {
    this.#methods = methods;
  }
  readonly #methods: ReadonlyMap<AnyBody, AnyTask>;

  /** Adds a task; `ref` is given for nodes of a graph, which have theirs already. */
  add(task: AnyTask, node: string | null, ref: TaskRef = refOf(this.module, task)): void {
    const key = keyOf(ref.module, ref.name);
    const known = this.#byKey.get(key);
    if (known?.task === task) return;
    if (known) throw new DuplicateIdError(`two tasks of ${quoted(this.module)} are called ${quoted(key)}; give one of them another name.`);
    const entry: RegisteredTask = { task, ref, node };
    this.#byKey.set(key, entry);
    this.#byCode.set(task, entry);
    for (const former of task.settings.formerly) {
      this.#byFormerKey.set(former.includes("#") ? former : keyOf(ref.module, former), entry);
    }
  }

  /** The entry of a task, or of a method decorated with `@task`. */
  find(code: unknown): RegisteredTask | undefined {
    return this.#byCode.get(code) ?? this.#byCode.get(this.#methods.get(code as AnyBody));
  }

  /** The entry a reference names, under its name of today or a former one. */
  resolve(ref: { readonly module: string; readonly name: string }): RegisteredTask | undefined {
    const key = keyOf(ref.module, ref.name);
    return this.#byKey.get(key) ?? this.#byFormerKey.get(key);
  }

  /** All entries, in the order they were added. */
  entries(): IterableIterator<RegisteredTask> {
    return this.#byKey.values();
  }
}
