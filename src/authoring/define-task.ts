import { InvalidIdError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { AnyBody, AnyTask, TaskSettings } from "../core/task.js";

/** What a task is made of. */
export interface TaskParts {
  readonly name: string;
  readonly qualname: string;
  readonly settings: TaskSettings;
  readonly body: AnyBody;
}

/** Puts a task together. Throws `InvalidIdError` for a name that would be a dangerous key in the record of a group or join. */
export function defineTask({ name, qualname, settings, body }: TaskParts): AnyTask {
  if (name === "constructor" || name === "prototype") {
    throw new InvalidIdError(`task name ${quoted(name)} is reserved: expected one that is no part of every object; choose another name.`);
  }
  return Object.freeze({ kind: "task", name, qualname, settings, body });
}
