import { CairnError, DefinitionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { runWorker, WORKER_HELP } from "./worker-command.js";

/** Runs a command line, without the names of node and of the program. Resolves to the exit code: 0 done, 1 failed, 2 asked wrongly. */
export async function runCli(args: readonly string[], say: (line: string) => void = sayOnStderr): Promise<number> {
  const [command, ...rest] = args;
  if (command === "help" || args.includes("--help")) {
    process.stdout.write(WORKER_HELP);
    return 0;
  }
  try {
    if (command === "worker") {
      await runWorker(rest, say);
      return 0;
    }
    say(`cairn: found ${quoted(command)}: expected the command worker.\n\n${WORKER_HELP}`);
    return 2;
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    say(`cairn: ${error.message}`);
    return error instanceof DefinitionError ? 2 : 1;
  }
}

const sayOnStderr = (line: string): void => void process.stderr.write(`${line}\n`);
