/** Marks a place that no value can reach; the compiler refuses it when one can. */
export function assertNever(value: never): never {
  throw new TypeError(`unhandled case: ${JSON.stringify((value as { kind?: unknown })?.kind)}`);
}
