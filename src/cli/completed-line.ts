import { type CommandDefinition, type OptionDefinition, optionsOf, type WordDefinition } from "./command.js";
import type { CommandLine } from "./command-line.js";
import type { Config } from "./config.js";

/** What was given, by name. */
export interface GivenLine {
  readonly words: ReadonlyMap<string, string | readonly string[]>;
  readonly options: ReadonlyMap<string, string | readonly string[] | boolean>;
}

/** The command line wins over the environment, that over the configuration, and that over the default. */
export function completedLine(
  definition: CommandDefinition,
  given: GivenLine,
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
): CommandLine {
  const options = new Map(optionsOf(definition).map((option) => [option.name, option]));
  const known = new Map(definition.words.map((word) => [word.name, word]));
  const otherwise = ({ env: variable, config: key, default: last }: OptionDefinition): string | undefined =>
    (variable === undefined ? undefined : env[variable] || undefined) ?? configured(config, key)[0] ?? last;
  const words = (name: string): readonly string[] => {
    const found = listOf(given.words.get(name));
    return found.length > 0 ? found : configured(config, (known.get(name) as WordDefinition).config);
  };
  const text = (name: string): string | undefined => listOf(given.options.get(name))[0] ?? otherwise(options.get(name) as OptionDefinition);
  return {
    words,
    word: (name) => words(name)[0] ?? "",
    text,
    texts: (name) => listOf(given.options.get(name)),
    flag: (name) => given.options.get(name) === true,
  };
}

const listOf = (value: string | readonly string[] | boolean | undefined): readonly string[] =>
  value === undefined || typeof value === "boolean" ? [] : typeof value === "string" ? [value] : value;

function configured(config: Config, key: keyof Config | undefined): readonly string[] {
  return key === undefined ? [] : listOf(config[key]);
}
