import type { Level } from "./limits.js";
import type { PathKey } from "./path.js";

/** What a walk offers to those who copy a kind of object for it. */
export interface Copier {
  /** Copies a part of the container entered last. */
  copyPart(key: PathKey, value: unknown): unknown;
  /** Runs `body` one level down, where `copyPart` copies the parts of `container`. */
  inside<T>(container: object, body: () => T): T;
  /** Notes that the current part is not plain JSON. */
  note(level: Level): void;
  /** Refuses the current part. */
  refuse(what: string, advice: string): never;
  /** Refuses a property of the container entered last. */
  refuseAt(key: PathKey, what: string, advice: string): never;
  /** Where the walk is, as it stands in messages. */
  path(): string;
}
