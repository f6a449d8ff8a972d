import type { Clock } from "../core/clock.js";

/** How a wait looks again: by which clock, and how long it pauses at most. */
export interface Patience {
  readonly clock: Clock;
  readonly pollMs: number;
}

const FIRST_PAUSE_MS = 10;

/**
 * Looks again and again, with pauses that grow, until there is something or the time is over (`null`). Rejects with the reason of the
 * signal; what was found is given even if the signal was aborted meanwhile.
 */
export async function lookUntil<Found>(
  look: () => Promise<Found | null>,
  { clock, pollMs }: Patience,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<Found | null> {
  const endsAt = clock.monotonic() + waitMs;
  for (let pauseMs = Math.min(FIRST_PAUSE_MS, pollMs); ; pauseMs = Math.min(2 * pauseMs, pollMs)) {
    signal?.throwIfAborted();
    const found = await look();
    if (found !== null) return found;
    const leftMs = endsAt - clock.monotonic();
    if (leftMs <= 0) return null;
    await pause(clock, Math.min(pauseMs, leftMs), signal);
  }
}

function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      callOff();
      signal?.removeEventListener("abort", go);
      resolve();
    };
    const callOff = clock.after(ms, go);
    signal?.addEventListener("abort", go, { once: true });
    // One that was aborted during the look calls nobody.
    if (signal?.aborted) go();
  });
}
