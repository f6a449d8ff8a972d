/** Calls `stop` at the first of these signals of the process; a second one ends the process at once. Returns how to stop listening. */
export function onProcessSignals(signals: readonly NodeJS.Signals[], stop: (signal: NodeJS.Signals) => void): () => void {
  let stopping = false;
  const listener = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(signal === "SIGINT" ? 130 : 143);
    stopping = true;
    stop(signal);
  };
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
