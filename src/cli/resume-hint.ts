import { relative } from "node:path";

/** The command line that goes on with a run. Credentials of an address are not told. */
export function resumeCommand(run: {
  readonly runId: string;
  readonly place: string;
  readonly modules: readonly string[];
  readonly workflow: string;
}): string {
  const from = /:\/\/[^/]*@/.test(run.place) ? '"$CAIRN_CHECKPOINTS"' : word(shortPath(run.place));
  return `cairn resume ${run.runId} ${run.modules.map((path) => word(shortPath(path))).join(" ")} --workflow ${word(run.workflow)} --from ${from}`;
}

/** A path as told from here, if that is shorter. */
function shortPath(path: string): string {
  if (!path.startsWith("/")) return path;
  const near = relative(process.cwd(), path);
  return near.startsWith("..") || near === "" ? path : `./${near}`;
}

/** A word as a shell reads it. */
const word = (text: string): string => (/^[\w./:@=,+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
