import { type CommandDefinition, flagsOf, optionsOf, optionText, wordText } from "../../src/cli/command.js";
import { COMMANDS, GROUPS } from "../../src/cli/commands/index.js";
import { CONFIG_TEXTS } from "../../src/cli/config.js";
import { EXIT_TEXTS } from "../../src/cli/exit-codes.js";

/** The pages of docs/cli by the names of their files, made of the definitions of the commands. */
export function cliPages(): ReadonlyMap<string, string> {
  const firstWords = [...new Set(COMMANDS.map(firstWord))];
  return new Map([["README.md", indexPage(firstWords)], ...firstWords.map((word) => [`${word}.md`, pageOf(word)] as const)]);
}

const firstWord = ({ name }: CommandDefinition): string => name.split(" ")[0] as string;

const summaryOf = (word: string): string => GROUPS.get(word) ?? COMMANDS.find(({ name }) => name === word)?.summary ?? "";

function pageOf(word: string): string {
  const commands = COMMANDS.filter((command) => firstWord(command) === word);
  const isGroup = GROUPS.has(word);
  const parts = commands.flatMap((command) => (isGroup ? [`## cairn ${command.name}`, ...bodyOf(command, "###")] : bodyOf(command, "##")));
  return `${[`# cairn ${word}`, ...(isGroup ? [summaryOf(word)] : []), ...parts, "[All commands](README.md)"].join("\n\n")}\n`;
}

function bodyOf(command: CommandDefinition, level: string): string[] {
  const { name, summary, about = [], words, examples, prints, json } = command;
  const usage = [`cairn ${name}`, ...words.map(wordText), "[options]"].join(" ");
  const rows = [
    ...words.map((word) => `| \`${wordText(word)}\` | ${cell(word.text)} |`),
    ...optionsOf(command).map((option) => `| \`${flagsOf(option)}\` | ${cell(optionText(option))} |`),
  ];
  return [
    summary,
    ...about,
    fenced(usage),
    `| word or option | what it says |\n|---|---|\n${rows.join("\n")}`,
    `${level} What it writes`,
    `To stdout: ${prints}.`,
    ...(json === null ? [] : [`With \`--json\`: ${json}.`]),
    `${level} Examples`,
    ...examples.map(([line, what]) => `${fenced(line)}\n\n${what}`),
  ];
}

const fenced = (line: string): string => `\`\`\`sh\n${line}\n\`\`\``;

/** A text as a cell of a table: what stands in angles is no HTML. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replace(/<[^>]+>(@<[^>]+>)?/g, (found) => `\`${found}\``);

function indexPage(words: readonly string[]): string {
  const commands = words.map((word) => `| [\`cairn ${word}\`](${word}.md) | ${summaryOf(word)} |`);
  const codes = EXIT_TEXTS.map(([code, text]) => `| ${code} | ${text} |`);
  const keys = Object.entries(CONFIG_TEXTS).map(([key, text]) => `| \`${key}\` | ${text} |`);
  return `# The \`cairn\` command

It comes with the package: \`npx cairn\` runs it where \`cairnflow\` is installed. These pages are made of the same definitions as its help.

| command | what it does |
|---|---|
${commands.join("\n")}

\`cairn help <command>\` says all that a page here does. \`cairn --version\` says the version.

## Output

What is asked for goes to stdout, as tables sized to the terminal: columns there is no room for are left
out, wide values shortened, where \`…\` stands for the rest. Where stdout is no terminal, nothing is shortened unless \`COLUMNS\` says how wide it is. Messages and progress go to stderr. There is colour in terminals only, and none with \`NO_COLOR\`.

With \`--json\` one line of JSON goes to stdout, and nothing else; each page says what is in it. Values that JSON has no word for are
written as superjson writes them, and nothing as \`null\`. If the command cannot do what it was asked, stdout stays empty, stderr says why, and the exit code tells the kind.

What a terminal could obey, such as escape sequences and characters that turn the direction of writing, is written as spaces, in JSON as \`\\u\` and digits.

## Exit codes

| code | when |
|---|---|
${codes.join("\n")}

## Configuration

\`cairn.config.ts\`, \`.mts\`, \`.js\`, \`.mjs\` or \`.json\` in the working directory, or the file that \`--config\` names, gives what would have to be
said with every command. Paths in it are told from its folder. The command line wins over the environment, and that over the configuration.

\`\`\`ts no-run
export default { checkpoints: "./checkpoints", modules: ["./training.ts"] };
\`\`\`

| key | what it says |
|---|---|
${keys.join("\n")}

## Modules

A module that is named on the command line or in the configuration is imported, and runs with all rights of the command; nothing that a
checkpoint, a queue or a board names is. Of its exports, workflows, graphs and classes with \`@workflow\` are found. If there are several, \`--workflow\` says which.

Modules in TypeScript are loaded by \`tsx\`, if it is installed where the command runs (\`npm install --save-dev tsx\`), with the nearest
\`tsconfig.json\` above the module, which also tells whether decorators are standard or legacy ones. Without it, versions of Node that strip types load modules that need no more than that.
`;
}
