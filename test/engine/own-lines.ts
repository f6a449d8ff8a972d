/** The lines that tasks have logged by themselves: those of the engine say which spec they are about, or no task. */
export const ownLines = <Line extends object>(lines: readonly Line[]): Line[] =>
  lines.filter((line) => "taskId" in line && !("specId" in line));
