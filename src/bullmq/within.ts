/** How long a server that may be away is waited for when a connection to it is closed. */
export const CLOSE_MS = 2_000;

/** Waits for something that a server which is away would never end, but not for longer than this; what it fails with is left out. */
export function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limitMs);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    work.then(end, end);
  });
}
