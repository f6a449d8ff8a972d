/** How a task is written to disk and wire. Only a registry, filled by the program's own imports, turns it back into code. */
export interface TaskRef {
  readonly strategy: "reference";
  /** The name of the workflow or graph, or the task's `module` option. */
  readonly module: string;
  readonly name: string;
  /** `Class.method` or the function's name, for people; never looked up. */
  readonly qualname: string;
}
