import type { CheckpointRecord, CheckpointStore } from "../core/checkpoint.js";
import type { Clock } from "../core/clock.js";
import type { AnyBody, AnyTask } from "../core/task.js";
import type { TaskContext } from "../core/task-context.js";
import { type DurableFs, systemFs } from "../file/durable-fs.js";
import { Workflow } from "../workflow.js";
import { type CrashLife, never } from "./crash-life.js";
import { CRASH_CALLS, type CrashCall, taskName } from "./crash-moment.js";
import { type Intercept, InterceptedStore } from "./intercepted-store.js";

/** A store that answers as long as the life lasts. Nobody can take the run over meanwhile: it has no lease that must be renewed. */
export function cutStore(life: CrashLife, store: CheckpointStore): CheckpointStore {
  const intercept: Intercept = async (call, proceed, subject) => {
    if (!isCrashCall(call)) return life.isOver ? never() : life.unlessOver(proceed());
    const covered = life.commits.length;
    const result = await life.through(call, aboutOf(life, subject), async () => {
      const given = await proceed();
      if (call === "put" || call === "append") life.confirmed = Math.max(life.confirmed, covered);
      return given;
    });
    return call === "acquire" ? { ...result, leaseMs: null } : result;
  };
  return new InterceptedStore(store, intercept);
}

const isCrashCall = (call: string): call is CrashCall => CRASH_CALLS.includes(call as CrashCall);

function aboutOf(life: CrashLife, subject: CheckpointRecord | Uint8Array | number | undefined): string {
  if (subject === undefined) return "";
  if (typeof subject === "number") return `after checkpoint ${subject}`;
  if (subject instanceof Uint8Array) return life.takeSettled().join(" and ") || "what a task keeps before it has ended";
  const { name, reason, taskId, cycle } = JSON.parse(new TextDecoder().decode(subject.files.meta)) as CheckpointFacts;
  const by = taskId === null ? ` (${reason})` : ` of ${taskName(taskId, cycle ?? 1)}`;
  return `checkpoint${name === null ? "" : ` "${name}"`}${by}`;
}

interface CheckpointFacts {
  readonly name: string | null;
  readonly reason: string;
  readonly taskId: string | null;
  readonly cycle: number | null;
}

/** A clock whose timers are called off when the life is over. */
export const cutClock = (life: CrashLife, clock: Clock): Clock => ({
  now: () => clock.now(),
  monotonic: () => clock.monotonic(),
  after: (delayMs, fire) => {
    if (life.isOver) return () => {};
    const callOff = clock.after(delayMs, () => {
      forget();
      if (!life.isOver) fire();
    });
    const forget = life.atEnd(callOff);
    return () => {
      forget();
      callOff();
    };
  },
});

/** The same workflow, whose bodies begin and are answered as long as the life lasts. */
export function cutWorkflow({ definition }: Workflow<never>, life: CrashLife): Workflow<unknown> {
  const bodies = new Map<AnyTask, AnyBody>();
  for (const { task } of definition.registry.entries()) {
    const body = (definition.rehearsal?.bodies.get(task) ?? task.body) as (ctx: TaskContext, input: unknown) => unknown;
    const cut = (ctx: TaskContext, input: unknown): unknown => life.body(ctx.taskId, ctx.cycle, () => body(cutContext(ctx, life), input));
    bodies.set(task, cut);
  }
  return new Workflow({ ...definition, rehearsal: { bodies, settled: (attempt) => life.settled(attempt) } });
}

/** What a body sees of its run. What it awaits of it stays unanswered once the life is over. */
function cutContext<Of extends object>(of: Of, life: CrashLife): Of {
  return new Proxy(of, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (name === "channel") return cutContext(value as object, life);
      if (typeof value !== "function") return value;
      return (...args: readonly unknown[]): unknown => {
        const result: unknown = value.apply(target, args);
        return result instanceof Promise ? life.unlessOver(result) : result;
      };
    },
  });
}

/** A file system on which a life can end in the middle of a write, and which does nothing for it afterwards. */
export class CutFs {
  readonly #opened = new Set<number>();
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(private readonly life: CrashLife) {}

  readonly calls: DurableFs = new Proxy(systemFs, {
    get: (target, name: keyof DurableFs) => {
      const real = target[name] as (...args: readonly unknown[]) => unknown;
      return (...args: readonly unknown[]): unknown => {
        if (this.life.isOver) throw gone();
        if (name === "write" && this.life.isTorn) this.#half(args[0] as number, args[1] as Uint8Array);
        return this.#kept(name, args, real(...args));
      };
    },
  });

  /** What the system would do for a process that is gone: lets calls end that are under way, and closes its files. */
  async bury(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    for (const file of this.#opened) systemFs.close(file);
    this.#opened.clear();
  }

  #half(file: number, bytes: Uint8Array): never {
    void systemFs.write(file, bytes.subarray(0, Math.floor(Math.min(bytes.length, LARGEST_HALF) / 2)));
    this.life.endTorn();
    throw gone();
  }

  #kept(name: keyof DurableFs, args: readonly unknown[], result: unknown): unknown {
    if (name === "create") this.#opened.add(result as number);
    if (name === "close") this.#opened.delete(args[0] as number);
    if (!(result instanceof Promise)) return result;
    this.#underWay.add(result);
    const ended = (): void => void this.#underWay.delete(result);
    result.then(ended, ended);
    return result;
  }
}

/** What is written at once. */
const LARGEST_HALF = 1 << 20;

/** Nobody hears of it: whoever would is cut off. */
const gone = (): Error => new Error("the process is gone");
