import type { CommandDefinition } from "../command.js";

/** Completes all commands, itself included. */
export const completionOf = (all: () => readonly CommandDefinition[], groups: ReadonlyMap<string, string>): CommandDefinition => ({
  name: "completion",
  summary: "Writes a script that completes commands and options in a shell.",
  words: [{ name: "shell", text: "bash, zsh or fish", choices: ["bash", "zsh", "fish"] }],
  options: [],
  examples: [
    ["cairn completion bash >> ~/.bashrc", "for new shells"],
    ["source <(cairn completion zsh)", "for this one"],
    ["cairn completion fish > ~/.config/fish/completions/cairn.fish", "for fish"],
  ],
  prints: "the script",
  json: null,
  load: async () => (await import("../completion-command.js")).completionAction(all(), groups),
});
