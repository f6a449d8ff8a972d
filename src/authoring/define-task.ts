import { checkedNodeName } from "../core/ids.js";
import type { AnyBody, AnyTask, TaskSettings } from "../core/task.js";

/** What a task is made of. */
export interface TaskParts {
  readonly name: string;
  readonly qualname: string;
  readonly settings: TaskSettings;
  readonly body: AnyBody;
}

/** Puts a task together. Throws `InvalidIdError`. */
export const defineTask = ({ name, qualname, settings, body }: TaskParts): AnyTask =>
  Object.freeze({ kind: "task", name: checkedNodeName(name, "task name"), qualname, settings, body });
