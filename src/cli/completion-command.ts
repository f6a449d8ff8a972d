import { type Action, type CommandDefinition, optionsOf } from "./command.js";

type Commands = readonly CommandDefinition[];
type Groups = ReadonlyMap<string, string>;

/** What writes a script that completes commands, options and their choices in a shell. */
export const completionAction =
  (commands: Commands, groups: Groups): Action =>
  async (line, terminal) => {
    const shell = line.word("shell");
    if (shell === "fish") return terminal.print(fishScript(commands, groups));
    const head = shell === "zsh" ? "#compdef cairn\nautoload -U +X bashcompinit && bashcompinit\n" : "";
    await terminal.print(head + bashScript(commands, groups));
  };

const firstWords = (commands: Commands): readonly string[] => [
  ...new Set([...commands.map(({ name }) => name.split(" ")[0] as string), "help"]),
];

const longOptions = (command: CommandDefinition): readonly string[] => [...optionsOf(command).map(({ name }) => `--${name}`), "--help"];

/** The choices of a command: by the option before the cursor, or, for a word, `*`. */
const choicesOf = (command: CommandDefinition): readonly (readonly [after: string, choices: readonly string[]])[] => [
  ...optionsOf(command).flatMap(({ name, short, choices }) =>
    choices === undefined ? [] : [[short === undefined ? `--${name}` : `--${name}|-${short}`, choices] as const],
  ),
  ...command.words.flatMap(({ choices }) => (choices === undefined ? [] : [["*", choices] as const])),
];

function bashScript(commands: Commands, groups: Groups): string {
  const cases = commands.map((command) => `    "${command.name}") ${bashCase(command)} ;;`);
  const ofGroups = [...groups.keys()].map((group) => {
    const words = commands.flatMap(({ name }) => (name.startsWith(`${group} `) ? [name.slice(group.length + 1)] : []));
    return `    "${group}") words="${words.join(" ")}" ;;`;
  });
  return `_cairn() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -gt 1 ]; then command="\${COMP_WORDS[1]}"; fi
  case "$command" in ${[...groups.keys()].join("|")}) if [ "$COMP_CWORD" -gt 2 ]; then command="$command \${COMP_WORDS[2]}"; fi ;; esac
  case "$command" in
    ""|help) words="${firstWords(commands).join(" ")}" ;;
${[...ofGroups, ...cases].join("\n")}
  esac
  if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$current")); fi
}
complete -o default -F _cairn cairn
`;
}

/** The words that may come next: choices where there are some, options behind a dash, else files. */
function bashCase(command: CommandDefinition): string {
  const chosen = choicesOf(command).map(([after, choices]) => `${after}) words="${choices.join(" ")}" ;;`);
  const options = `case "$current" in -*) words="${longOptions(command).join(" ")}" ;; esac`;
  return chosen.length === 0 ? options : `case "$before" in ${chosen.join(" ")} esac; ${options}`;
}

function fishScript(commands: Commands, groups: Groups): string {
  const lines = firstWords(commands).map((word) => {
    const text = commands.find(({ name }) => name === word)?.summary ?? groups.get(word) ?? "says how a command is used";
    return `complete -c cairn -n __fish_use_subcommand -a ${word} -d ${fishText(text)}`;
  });
  return `${[...lines, ...commands.flatMap(fishLines)].join("\n")}\n`;
}

function fishLines(command: CommandDefinition): string[] {
  const [first = "", second] = command.name.split(" ");
  const when = `-n '__fish_seen_subcommand_from ${first}${second === undefined ? "" : `; and __fish_seen_subcommand_from ${second}`}'`;
  const word =
    second === undefined
      ? []
      : [`complete -c cairn -n '__fish_seen_subcommand_from ${first}' -a ${second} -d ${fishText(command.summary)}`];
  const words = command.words.flatMap(({ choices }) =>
    choices === undefined ? [] : [`complete -c cairn ${when} -a ${fishText(choices.join(" "))}`],
  );
  const options = optionsOf(command).map(
    ({ name, short, value, choices, text }) =>
      `complete -c cairn ${when} -l ${name}${short === undefined ? "" : ` -s ${short}`}${value === undefined ? "" : " -r"}${choices === undefined ? "" : ` -a ${fishText(choices.join(" "))}`} -d ${fishText(text)}`,
  );
  return [...word, ...words, ...options];
}

const fishText = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;
