/** The same flow for the engine and for the worker. */
export const queueFlow = ({ chain, each, task, workflow }) =>
  workflow(
    "bench",
    chain(
      task("source", (_, n) => Array.from({ length: n }, (_, i) => i)),
      each(task("w", async () => 0)),
    ),
  );
