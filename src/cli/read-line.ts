import { Command, CommanderError, Option } from "commander";
import { InvalidOptionError } from "../core/errors.js";
import { libraryVersion } from "../core/version.js";
import { type CommandDefinition, flagsOf, type OptionDefinition, optionsOf, optionText, wordText } from "./command.js";
import { GROUPS } from "./commands/index.js";
import type { GivenLine } from "./completed-line.js";
import type { Colors } from "./terminal.js";

/** What a command line asks for: a command with what was given, or a text. */
export type Asked =
  | { readonly kind: "command"; readonly definition: CommandDefinition; readonly given: GivenLine }
  | { readonly kind: "text"; readonly text: string };

/** Reads a command line. Throws `InvalidOptionError` for what the definitions do not know. */
export function readLine(
  args: readonly string[],
  definitions: readonly CommandDefinition[],
  { colors, columns }: { readonly colors: Colors; readonly columns: number },
): Asked {
  let asked: Asked | null = null;
  let text = "";
  const program = programOf(definitions, (definition, given) => {
    asked = { kind: "command", definition, given };
  });
  const width = Number.isFinite(columns) ? columns : 100;
  forAll(program, (command) =>
    command
      .exitOverride()
      .configureOutput({
        writeOut: (part) => {
          text += part;
        },
        writeErr: () => {},
        getOutHelpWidth: () => width,
        getOutHasColors: () => colors.isColorSupported,
      })
      .configureHelp({ styleTitle: (title) => colors.bold(title), subcommandTerm }),
  );
  try {
    program.parse([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw refused(error, args);
  }
  return asked ?? { kind: "text", text };
}

function programOf(definitions: readonly CommandDefinition[], found: (definition: CommandDefinition, given: GivenLine) => void): Command {
  const program = new Command("cairn")
    .description("Runs graph workflows, and looks into their checkpoints.")
    .version(libraryVersion, "-V, --version", "says the version")
    .helpOption("-h, --help", "says how it is used")
    .helpCommand("help [command]", "says how a command is used")
    .addHelpText("after", "\nEvery command has examples: cairn help run.");
  for (const definition of definitions) {
    const words = definition.name.split(" ");
    const parent = words.length === 1 ? program : groupOf(program, words[0] as string);
    const command = parent.command(words.at(-1) as string);
    describe(command, definition);
    command.action((...rest: unknown[]) => found(definition, givenOf(definition, rest, command)));
  }
  return program;
}

function groupOf(program: Command, name: string): Command {
  const known = program.commands.find((command) => command.name() === name);
  if (known !== undefined) return known;
  return program
    .command(name)
    .description(GROUPS.get(name) ?? "")
    .helpOption("-h, --help", "says how it is used")
    .helpCommand("help [command]", "says how a command is used");
}

function describe(command: Command, definition: CommandDefinition): void {
  command
    .summary(definition.summary)
    .description([definition.summary, ...(definition.about ?? [])].join("\n\n"))
    .helpOption("-h, --help", "says how it is used")
    .addHelpText("after", afterText(definition));
  for (const word of definition.words) command.argument(wordText(word), word.text);
  for (const option of optionsOf(definition)) command.addOption(commanderOption(option));
}

const afterText = ({ prints, json, examples }: CommandDefinition): string =>
  [
    `\nWrites: ${prints}`,
    ...(json === null ? [] : [`With --json: ${json}`]),
    `\nExamples:`,
    ...examples.map(([line, what]) => `  $ ${line}\n      ${what}`),
  ].join("\n");

function commanderOption(definition: OptionDefinition): Option {
  const option = new Option(flagsOf({ ...definition, many: false }), optionText(definition));
  if (definition.many) option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
  return option;
}

function givenOf({ words, ...definition }: CommandDefinition, args: readonly unknown[], command: Command): GivenLine {
  const values = command.opts<Record<string, string | readonly string[] | boolean>>();
  const options = new Map(command.options.map((option) => [option.long?.slice(2) ?? "", values[option.attributeName()]]));
  const given = words.map(({ name }, at) => [name, args[at] as string | readonly string[] | undefined] as const);
  for (const { name, choices } of [...optionsOf({ words, ...definition }), ...words]) {
    const value = options.get(name) ?? given.find(([word]) => word === name)?.[1];
    if (choices !== undefined && typeof value === "string" && !choices.includes(value)) {
      throw new InvalidOptionError(
        `${name} of cairn ${definition.name} is ${JSON.stringify(value)}: expected one of ${choices.join(", ")}.`,
      );
    }
  }
  return { words: present(given), options: present(options) };
}

const present = <Value>(entries: Iterable<readonly [string, Value | undefined]>): ReadonlyMap<string, Value> =>
  new Map([...entries].filter((entry): entry is [string, Value] => entry[1] !== undefined));

/** Without the words and options, which take the room of the summary. */
const subcommandTerm = (command: Command): string => command.name();

function forAll(command: Command, change: (command: Command) => void): void {
  change(command);
  for (const one of command.commands) forAll(one, change);
}

function refused({ code, message }: CommanderError, args: readonly string[]): InvalidOptionError {
  const [first = "", second = ""] = args.filter((arg) => /^[a-z][a-z-]*$/.test(arg));
  const command =
    code === "commander.unknownCommand" && !GROUPS.has(first) ? "" : ` ${first}${GROUPS.has(first) && second !== "" ? ` ${second}` : ""}`;
  const found = code === "commander.help" ? "expected a command" : message.replace(/^error: /, "").replace(/\n/g, " ");
  return new InvalidOptionError(`${found}; see cairn help${command.trimEnd()}.`);
}
