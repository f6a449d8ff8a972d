/** So much of it that one body takes about 20 ms of a processor, however busy the machine is. */
const ROUNDS = 10_000_000;

/** The same flows for the engine and for its workers: bodies that do nothing, and bodies that compute. */
export const queueFlow = (library) => fan(library, "bench", async () => 0);
export const computingFlow = (library) => fan(library, "computing", async () => compute(ROUNDS));

const fan = ({ chain, each, task, workflow }, name, body) =>
  workflow(
    name,
    chain(
      task("source", (_, n) => Array.from({ length: n }, (_, i) => i)),
      each(task("w", body)),
    ),
  );

function compute(rounds) {
  let x = 1;
  for (let i = 0; i < rounds; i++) {
    x = Math.imul(x ^ i, 0x9e3779b1);
    x ^= x >>> 15;
  }
  return x;
}
