import { CairnError, CheckpointNotFoundError, DefinitionError } from "../core/errors.js";
import { type CommandDefinition, optionsOf } from "./command.js";
import { COMMANDS } from "./commands/index.js";
import { completedLine } from "./completed-line.js";
import { type Config, readConfig } from "./config.js";
import { EXIT, type ExitCode } from "./exit-codes.js";
import { type Asked, readLine } from "./read-line.js";
import { OutputError, processTerminal, type Terminal } from "./terminal.js";

/** Runs a command line, without the names of node and of the program. Resolves to how the process ends: see `EXIT`. */
export async function runCli(args: readonly string[], terminal: Terminal = processTerminal(process)): Promise<ExitCode> {
  try {
    const asked = readLine(args.length === 0 ? ["--help"] : args, COMMANDS, terminal);
    if (asked.kind === "command") return (await carriedOut(asked, terminal)) ?? EXIT.done;
    await terminal.print(asked.text);
    return args.length === 0 ? EXIT.askedWrongly : EXIT.done;
  } catch (error) {
    if (error instanceof OutputError && error.isClosed) return EXIT.done;
    if (!(error instanceof CairnError || error instanceof OutputError)) throw error;
    terminal.say(`cairn: ${error.message}`);
    return exitCodeOf(error);
  }
}

async function carriedOut({ definition, given }: Extract<Asked, { kind: "command" }>, terminal: Terminal): Promise<ExitCode | void> {
  const config = await configFor(definition, given.options.get("config"), terminal);
  const action = await definition.load();
  return action(completedLine(definition, given, config, terminal.env), terminal);
}

/** Read only by commands that would use it: completion works beside a broken one. */
async function configFor(definition: CommandDefinition, named: unknown, { folder }: Terminal): Promise<Config> {
  const isOfUse = [...optionsOf(definition), ...definition.words].some(({ config }) => config !== undefined);
  return isOfUse ? readConfig(typeof named === "string" ? named : undefined, folder) : {};
}

function exitCodeOf(error: CairnError | OutputError): ExitCode {
  if (error instanceof CheckpointNotFoundError || (error instanceof CairnError && error.code === "BOARD_TASK_NOT_FOUND"))
    return EXIT.notFound;
  return error instanceof DefinitionError ? EXIT.askedWrongly : EXIT.failed;
}
