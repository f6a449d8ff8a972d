import { createHash } from "node:crypto";
import { customAlphabet } from "nanoid";
import type { Clock, Host } from "../core/clock.js";
import { systemClock } from "./system-clock.js";

/** Letters and digits only, so that every id may stand anywhere an id may. 21 of them hold 125 random bits. */
const newId = customAlphabet("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 21);

/** What Node gives a run; time may come from elsewhere. */
export const systemHost = (clock: Clock = systemClock, id: () => string = newId): Host => ({
  clock,
  newId: id,
  yieldTo: setImmediate,
  every: (intervalMs, beat) => {
    const timer = setInterval(beat, intervalMs).unref();
    return () => clearInterval(timer);
  },
  sha256: (data) => createHash("sha256").update(data).digest("hex"),
});
