import type { Clock } from "../core/clock.js";
import { type Duration, toMs } from "../core/duration.js";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";

/** What a clock whose wall-clock time can jump has besides. */
export interface ClockJumps {
  /** From now on `now()` is this much later. */
  jumpForward(by: Duration): void;
  /** From now on `now()` is this much earlier. */
  jumpBack(by: Duration): void;
  /** How far `now()` is off, in milliseconds; negative if it is early. */
  readonly offMs: number;
  /** How often it has jumped. */
  readonly jumps: number;
}

/**
 * A clock whose wall-clock time can be set like that of a machine: `now()` jumps, `monotonic()` and timers go on as they were. All
 * else it has from the clock it wraps, such as `advance` of a simulated one.
 *
 * ```ts
 * const clock = jumpyClock(simulatedClock());
 * const running = run(training, "iris.csv", { clock, events: { taskCompleted: () => clock.jumpBack("1h") } });
 * await clock.runUntilIdle();
 * ```
 *
 * Throws `InvalidOptionError`.
 */
export function jumpyClock<Of extends Clock>(clock: Of): Of & ClockJumps {
  if (typeof clock?.now !== "function") throw new InvalidOptionError(`jumpyClock got ${quoted(clock)}: expected a clock; pass one.`);
  let [offMs, jumps] = [0, 0];
  const jump = (byMs: number): void => {
    offMs += byMs;
    jumps++;
  };
  const own: Pick<Clock, "now"> & ClockJumps = {
    now: () => clock.now() + offMs,
    jumpForward: (by) => jump(toMs(by, "jumpForward")),
    jumpBack: (by) => jump(-toMs(by, "jumpBack")),
    get offMs() {
      return offMs;
    },
    get jumps() {
      return jumps;
    },
  };
  return new Proxy(clock, { get: (of, name) => (name in own ? own[name as keyof typeof own] : bound(of, name)) }) as Of & ClockJumps;
}

function bound(of: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(of, name);
  return typeof value === "function" ? value.bind(of) : value;
}
