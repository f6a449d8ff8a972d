import type { CommandLine } from "./command-line.js";
import type { ConfigKey } from "./config.js";
import type { ExitCode } from "./exit-codes.js";
import type { Terminal } from "./terminal.js";

/** Carries a command out. Resolves to how the process ends; nothing is 0. */
export type Action = (line: CommandLine, terminal: Terminal) => Promise<ExitCode | void>;

/** All there is to say of a command: the parser, the help, the completion scripts and the pages of the guide are made of it. */
export interface CommandDefinition {
  /** One word, or two for a command of a group, as in `board list`. */
  readonly name: string;
  /** What it does, in a sentence. */
  readonly summary: string;
  readonly about?: readonly string[];
  readonly words: readonly WordDefinition[];
  readonly options: readonly OptionDefinition[];
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** What it writes to stdout. */
  readonly prints: string;
  /** What it writes with `--json`; `null` for a command that writes no facts. */
  readonly json: string | null;
  /** The code, loaded when it is needed. */
  readonly load: () => Promise<Action>;
}

/** A word of a command line that is no option. */
export interface WordDefinition {
  readonly name: string;
  readonly text: string;
  /** Any number of words, also none. */
  readonly many?: boolean;
  readonly choices?: readonly string[];
  /** Where it comes from if it is not given. */
  readonly config?: ConfigKey;
}

export interface OptionDefinition {
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  readonly text: string;
  /** What its value is called; an option without is a flag. */
  readonly value?: string;
  /** Whether it may be given several times. */
  readonly many?: boolean;
  readonly choices?: readonly string[];
  /** Where the value comes from if it is not given, in this order. */
  readonly env?: string;
  readonly config?: ConfigKey;
  readonly default?: string;
}

const JSON_OPTION: OptionDefinition = { name: "json", text: "writes JSON to stdout, and nothing else" };
const CONFIG_OPTION: OptionDefinition = {
  name: "config",
  value: "file",
  text: "the configuration; else cairn.config.ts, .mts, .js, .mjs or .json here",
};

/** The options of a command, with those that are the same for all. */
export const optionsOf = ({ options, json }: CommandDefinition): readonly OptionDefinition[] => [
  ...options,
  ...(json === null ? [] : [JSON_OPTION]),
  CONFIG_OPTION,
];

/** An option as it is written: `-o, --output <file>`. */
export const flagsOf = ({ name, short, value, many }: OptionDefinition): string =>
  `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` <${value}>`}${many ? " ..." : ""}`;

/** A word as it is written: `<run>`, `[modules...]`. */
export const wordText = ({ name, many, config }: WordDefinition): string =>
  many ? `[${name}...]` : config === undefined ? `<${name}>` : `[${name}]`;

/** What an option does, and where its value comes from if it is not given. */
export function optionText({ text, choices, env, config, ...rest }: OptionDefinition): string {
  const otherwise = [
    ...(env === undefined ? [] : [env]),
    ...(config === undefined ? [] : [`"${config}" of the configuration`]),
    ...(rest.default === undefined ? [] : [rest.default]),
  ];
  const oneOf = choices === undefined ? "" : `; one of ${choices.join(", ")}`;
  const instead = otherwise.length === 0 ? "" : `; else ${otherwise.join(", else ")}`;
  return `${text}${rest.many ? "; may be given several times" : ""}${oneOf}${instead}`;
}
