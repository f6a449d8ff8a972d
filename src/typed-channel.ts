import type { StandardSchema } from "./core/standard-schema.js";
import { MemoryChannel } from "./memory/memory-channel.js";

/** The state that schemas describe. */
type StateOf<Schemas> = { [Key in keyof Schemas]: Schemas[Key] extends StandardSchema<unknown, infer Value> ? Value : never };

/**
 * A memory channel whose keys are known and whose values are checked when they are written.
 *
 * ```ts
 * const channel = typedChannel({ lr: z.number().positive(), losses: z.array(z.number()) });
 * await run(training, "iris.csv", { channel });
 * ```
 */
export function typedChannel<const Schemas extends Readonly<Record<string, StandardSchema>>>(
  schemas: Schemas,
): MemoryChannel<StateOf<Schemas>> {
  return new MemoryChannel<StateOf<Schemas>>(new Map(Object.entries(schemas)));
}
