import type { RunListeners } from "../core/run-events.js";

/** Listeners that write down, a line each, what went otherwise than task after task. */
export function eventLines(): { readonly lines: readonly string[]; readonly listeners: RunListeners } {
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  const listeners: RunListeners = {
    taskRetrying: ({ taskId, cycle, attempt }) => note(`taskRetrying ${taskId} cycle ${cycle} attempt ${attempt}`),
    taskFailed: ({ taskId, cycle, attempts }) => note(`taskFailed ${taskId} cycle ${cycle} attempts ${attempts}`),
    checkpointCommitted: ({ checkpoint: { name, reason, steps } }) =>
      note(`checkpointCommitted ${name ?? "(no name)"} ${reason} after ${steps} steps`),
    checkpointFailed: ({ error }) => note(`checkpointFailed ${error.code ?? error.name}`),
    runStopped: () => note("runStopped"),
    runCompleted: () => note("runCompleted"),
    runFailed: ({ error }) => note(`runFailed ${error.code ?? error.name}`),
    warning: ({ code }) => note(`warning ${code}`),
  };
  return { lines, listeners };
}

/** Both listeners of every event. */
export function joined(one: RunListeners, other: RunListeners = {}): RunListeners {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof RunListeners>;
  const both = (name: keyof RunListeners) => (event: never) => {
    (one[name] as ((event: never) => void) | undefined)?.(event);
    return (other[name] as ((event: never) => void | Promise<void>) | undefined)?.(event);
  };
  return Object.fromEntries(Array.from(names, (name) => [name, both(name)]));
}
