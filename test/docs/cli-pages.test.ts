import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { optionsOf } from "../../src/cli/command.js";
import { COMMANDS } from "../../src/cli/commands/index.js";
import { cliPages } from "./cli-pages.js";

const folder = fileURLToPath(new URL("../../docs/cli/", import.meta.url));

describe("the pages of docs/cli", () => {
  it("say what the definitions of the commands say: write them with node test/docs/write-cli-pages.mjs", () => {
    const found = new Map(readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`, "utf8")]));
    expect([...found.keys()].sort()).toEqual([...cliPages().keys()].sort());
    for (const [name, text] of cliPages()) expect(found.get(name), name).toBe(text);
  });

  it.each(COMMANDS.map((command) => [command.name, command] as const))(
    "have examples of cairn %s that use options it has",
    (name, command) => {
      expect(command.examples.length).toBeGreaterThan(0);
      const known = optionsOf(command).flatMap(({ name: long, short }) => [`--${long}`, `-${short}`]);
      for (const [line] of command.examples) {
        expect(line).toContain(`cairn ${name}`);
        const own = line.split(" | ")[0] as string;
        for (const [option] of own.matchAll(/(?<= )-{1,2}[a-z][a-z-]*/g)) expect(known, line).toContain(option);
      }
    },
  );

  it("have no option or word twice", () => {
    for (const command of COMMANDS) {
      const names = [...optionsOf(command), ...command.words].map(({ name }) => name);
      const letters = optionsOf(command).flatMap(({ short }) => (short === undefined ? [] : [short]));
      expect(names, command.name).toHaveLength(new Set(names).size);
      expect(letters, command.name).toHaveLength(new Set(letters).size);
    }
  });
});
