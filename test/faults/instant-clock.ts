import type { Clock } from "../../src/index.js";

/** A clock that jumps to the next timer as soon as there is nothing else to do, so that no test waits and none can wait for ever. */
export function instantClock(startMs = 1_700_000_000_000): Clock {
  let now = startMs;
  const timers = new Map<number, { readonly at: number; readonly fire: () => void }>();
  let count = 0;
  let isAwake = false;
  const wake = (): void => {
    isAwake = false;
    const [next] = [...timers].sort(([a, one], [b, other]) => one.at - other.at || a - b);
    if (next === undefined) return;
    const [id, { at, fire }] = next;
    timers.delete(id);
    now = Math.max(now, at);
    doze();
    fire();
  };
  const doze = (): void => {
    if (isAwake || timers.size === 0) return;
    isAwake = true;
    setImmediate(() => setImmediate(wake));
  };
  return {
    now: () => now,
    monotonic: () => now,
    after(delayMs, fire) {
      const id = ++count;
      timers.set(id, { at: now + delayMs, fire });
      doze();
      return () => void timers.delete(id);
    },
  };
}
