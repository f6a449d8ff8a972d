// A process in which one life of a crash matrix is lived: started by crash-processes.ts, which tells it what to do.
import { writeFileSync } from "node:fs";
import type { Runnable } from "../authoring/definition-of.js";
import { UsageError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { folderGround } from "./crash-ground.js";
import { CrashLife, recordOf } from "./crash-life.js";
import type { CrashMoment } from "./crash-moment.js";
import { type CrashTarget, checkedCrashPlan } from "./crash-options.js";
import type { CrashNote, CrashOrder } from "./crash-processes.js";
import { liveThrough, said } from "./crash-run.js";
import type { Lived } from "./crash-stage.js";

process.once("message", (order: CrashOrder) => {
  const life = new CrashLife(order.point, (of, moment) => die(order.note, of, moment));
  void lived(order, life)
    .catch((error: unknown): Lived => ({ record: recordOf(life), ending: { kind: "failed", problem: said(error) } }))
    .then((told) => process.send?.(told, () => process.exit(0)));
});

async function lived({ place, options, ...order }: CrashOrder, life: CrashLife): Promise<Lived> {
  const exports = (await import(order.module)) as Readonly<Record<string, unknown>>;
  if (!Object.hasOwn(exports, order.export)) {
    const names = Object.keys(exports).map(quoted).join(", ");
    throw new UsageError(`the module of the crash matrix exports ${names}: expected ${quoted(order.export)}; correct option export.`);
  }
  const plan = checkedCrashPlan(exports[order.export] as CrashTarget<Runnable>, options);
  // The process before is dead, as the store finds out by itself.
  const ground = { ...folderGround(String(options.store), place), reclaim: async () => {} };
  const ending = await liveThrough(plan, place, ground, plan.clock(), life);
  if (ending.kind !== "failed") return { record: recordOf(life), ending };
  return { record: recordOf(life), ending: { kind: "failed", problem: ending.problem } };
}

/** Does not return: nothing may happen between the signal and the end. */
function die(note: string, life: CrashLife, moment: CrashMoment): void {
  writeFileSync(note, JSON.stringify({ record: recordOf(life), moment } satisfies CrashNote));
  process.kill(process.pid, "SIGKILL");
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
