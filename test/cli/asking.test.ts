import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "cairnflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/commands/index.js";
import { runCli } from "../../src/cli/run-cli.js";
import { libraryVersion } from "../../src/core/version.js";
import { cairnProgram } from "./cairn.js";
import { HeardTerminal } from "./heard-terminal.js";
import { counting } from "./looks.js";
import { jsonOf, textOf } from "./support.js";

const cairn = cairnProgram();
const folder = mkdtempSync(join(tmpdir(), "cairnflow-cli-asking-"));
const store = join(folder, "store");
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(async () => {
  await run(counting, 40, { runId: "r-1", checkpoints: { store, every: "task" } });
});

/** A command of this process, as asked for in a folder of its own. */
async function heard(args: readonly string[], inFolder = folder, columns = 80): Promise<{ code: number; said: string; output: string }> {
  const terminal = new HeardTerminal(columns, inFolder);
  const code = await runCli(args, terminal);
  return { code, said: terminal.said, output: terminal.output };
}

/** A folder with a file in it. */
function folderWith(name: string, content: string): string {
  const path = mkdtempSync(join(folder, "config-"));
  writeFileSync(join(path, name), content);
  return path;
}

describe("the help of cairn", () => {
  it.each(COMMANDS.map(({ name }) => name))("has options, outputs and examples of cairn %s", async (name) => {
    const { code, output } = await heard([...name.split(" "), "--help"]);
    expect(code).toBe(0);
    expect(output).toContain(`Usage: cairn ${name}`);
    expect(output).toContain("Writes: ");
    expect(output).toContain("$ cairn ");
    const group = name.includes(" ") ? name.split(" ").toSpliced(1, 0, "help") : ["help", name];
    expect((await heard(group)).output).toBe(output);
  });

  it("is written to stdout with 0, and with 2 if nothing was asked", async () => {
    expect(await heard(["--help"])).toMatchObject({ code: 0, said: "", output: expect.stringContaining("history") });
    expect(await heard([])).toMatchObject({ code: 2, said: "", output: expect.stringContaining("history") });
    expect(await heard(["--version"])).toMatchObject({ code: 0, output: `${libraryVersion}\n` });
  });

  it.each([
    [["runz"], "Did you mean one of run, runs?"],
    [["runs", "--form", "x"], "Did you mean --from?"],
    [["runs", "--from"], "argument missing"],
    [["runs", "r-1"], "too many arguments"],
    [["board"], "expected a command"],
    [["board", "lst"], "unknown command"],
    [["completion", "tcsh"], "expected one of bash, zsh, fish"],
    [["run", "./x.js", "--durability", "some"], "expected one of none, checkpoint, step"],
    [["\u001b[31m\u202e"], "unknown command"],
  ])("is pointed to by the refusal of %j", async (args, said) => {
    const found = await heard(args);
    expect([found.code, found.output]).toEqual([2, ""]);
    expect(found.said).toContain(said);
  });
});

describe("the modules of cairn", () => {
  it.each([
    [["graph", "./looks.js"], '--workflow: "broken", "counting"'],
    [["graph", "./looks.js", "--workflow", "countin"], 'did you mean "counting"'],
    [["graph", "./support.js"], "no such file"],
    [["graph", "./plain.js"], "exports no workflow"],
    [["graph", "./mistaken.js"], "cannot be loaded: SyntaxError"],
  ])("are refused with 2: %j", async (args, said) => {
    writeFileSync(join(cairn.folder, "mistaken.js"), "export const = 1");
    writeFileSync(join(cairn.folder, "plain.js"), "export const workflow = { name: 1, definition: null }");
    const asked = cairn(args);
    expect(await textOf(asked, 2)).toBe("");
    expect(asked.errors).toContain(said);
  });

  const class_ = (decorators: string): string => `
    import { task, workflow, type TaskContext } from "../../../src/index.js";
    @workflow("${decorators}")
    export class Order {
      @task({ start: true, next: "pay" }) validate(_: TaskContext, order: string): string { return order; }
      @task() pay(_: TaskContext, order: string): string { return order + " is paid"; }
    }`;

  it.each(["standard", "legacy"])("may be TypeScript with %s decorators", async (decorators) => {
    const inFolder = join(cairn.folder, decorators);
    mkdirSync(inFolder, { recursive: true });
    writeFileSync(
      join(inFolder, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { experimentalDecorators: decorators === "legacy" } }),
    );
    writeFileSync(join(inFolder, "order.ts"), class_(decorators));
    const asked = cairn(["run", `./${decorators}/order.ts`, "--input", '"o-1"', "--checkpoints", "none", "--quiet"]);
    expect(await textOf(asked)).toBe('"o-1 is paid"\n');
  });

  it("say what to install for TypeScript where nothing can load it", async () => {
    const path = folderWith("order.ts", "export enum Kind { One }");
    const asked = cairn(["graph", "./order.ts"], { CAIRN_TEST_FOLDER: path });
    expect(await textOf(asked, 2)).toBe("");
    expect(asked.errors).toContain("npm install --save-dev tsx");
  });
});

describe("the configuration of cairn", () => {
  it.each(["ts", "mts", "js", "mjs", "json"])("is taken from cairn.config.%s, relative to its folder", async (end) => {
    const config = { checkpoints: "../store", modules: ["./x.js"] };
    const path = folderWith(`cairn.config.${end}`, end === "json" ? JSON.stringify(config) : `export default ${JSON.stringify(config)}`);
    if (end === "js") writeFileSync(join(path, "package.json"), '{"type":"module"}');
    symlinkSync(join(cairn.folder, "../../node_modules"), join(path, "node_modules"));
    expect(await heard(["history", "r-1", "--limit", "1", "--json"], path)).toMatchObject({
      code: 0,
      output: expect.stringContaining('"r-1"'),
    });
    expect(await heard(["run"], path)).toMatchObject({ code: 2, said: expect.stringContaining("x.js") });
    const other = ["runs", "--from", "./elsewhere"];
    expect(await heard(other, path)).toMatchObject({ code: 3, said: expect.stringContaining("./elsewhere") });
    expect(await heard(["history", "r-1", "--config", `${path}/cairn.config.${end}`, "--limit", "1"], folder)).toMatchObject({ code: 0 });
  });

  it.each([
    ['{"checkpoint": "./x"}', 'key "checkpoint": did you mean "checkpoints"?'],
    ['{"checkpoints": 7}', 'key "checkpoints" of configuration "cairn.config.json" is (number)'],
    ['{"modules": "./x.js"}', "expected a list of paths"],
    ['["x"]', "exports no object"],
    ["{", "cannot be loaded: SyntaxError"],
    ['{"__proto__": "x"}', "__proto__"],
  ])("is refused with its file and key: %s", async (content, said) => {
    const found = await heard(["runs"], folderWith("cairn.config.json", content));
    expect([found.code, found.output]).toEqual([2, ""]);
    expect(found.said).toContain("cairn.config.json");
    expect(found.said).toContain(said);
  });

  it("is refused where there are two, or where the named one is missing, and is no matter for completion", async () => {
    const path = folderWith("cairn.config.json", "{");
    writeFileSync(join(path, "cairn.config.mjs"), "");
    expect((await heard(["runs"], path)).said).toContain('found "cairn.config.mjs" and "cairn.config.json"');
    expect(await heard(["runs", "--config", "./none.json"], path)).toMatchObject({
      code: 2,
      said: expect.stringContaining("no such file"),
    });
    expect(await heard(["completion", "bash"], path)).toMatchObject({ code: 0 });
  });
});

describe("the output of cairn", () => {
  const piped = (command: string): { status: number | null; stdout: string; stderr: string } => {
    const script = join(cairn.folder, "cairn-process.js");
    return spawnSync("bash", ["-c", `set -o pipefail; ${command.replace("cairn", `"${process.execPath}" "${script}"`)}`], {
      encoding: "utf8",
    });
  };

  it("ends quietly with 0 if nobody reads it any more", () => {
    const { status, stdout, stderr } = piped(`cairn show r-1 --values --json --from ${store} | head -c 5`);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '{"run', stderr: "" });
    const list = piped(`cairn history r-1 --from ${store} | head -1`);
    expect({ status: list.status, stderr: list.stderr }).toEqual({ status: 0, stderr: "" });
    // Nobody reads already when it begins to write.
    const unread = piped(`cairn history r-1 --from ${store} | true`);
    expect({ status: unread.status, stderr: unread.stderr }).toEqual({ status: 0, stderr: "" });
    const closed = piped(`cairn history r-1 --from ${store} >&-`);
    expect(closed.stderr).not.toContain("    at ");
  });

  it.skipIf(!existsSync("/dev/full"))("ends with 1 if there is no room for it", () => {
    const { status, stderr } = piped(`cairn history r-1 --from ${store} > /dev/full`);
    expect(status).toBe(1);
    expect(stderr).toContain("the output cannot be written (ENOSPC)");
  });

  it("has no colour where it is no terminal, and shortens nothing there", async () => {
    const output = await textOf(cairn(["show", "r-1", "--values", "--from", store], { COLUMNS: "" }));
    expect(output).not.toContain("\u001b");
    expect(output).toContain("'round 20'");
    const { runId } = await jsonOf(cairn(["show", "r-1", "--json", "--from", store], { FORCE_COLOR: "1" }));
    expect(runId).toBe("r-1");
  });
});

describe("cairn completion", () => {
  it.each(["bash", "zsh"])("is a script that %s takes, and knows all commands", async (shell) => {
    const { output } = await heard(["completion", shell]);
    for (const { name } of COMMANDS) expect(output).toContain(`"${name}")`);
    const check = spawnSync("bash", ["-n"], { input: output, encoding: "utf8" });
    expect([check.status, check.stderr]).toEqual([0, ""]);
  });

  it("completes commands, options and choices in bash", async () => {
    const { output } = await heard(["completion", "bash"]);
    const complete = (...words: readonly string[]): readonly string[] => {
      const list = words.map((word) => `'${word}'`).join(" ");
      const script = `${output}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _cairn; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return spawnSync("bash", ["-c", script], { encoding: "utf8" }).stdout.trim().split("\n");
    };
    expect(complete("cairn", "re")).toEqual(["resume", "report"]);
    expect(complete("cairn", "board", "c")).toEqual(["claim", "complete", "cancel"]);
    expect(complete("cairn", "history", "--l")).toEqual(["--limit"]);
    expect(complete("cairn", "board", "claim", "--le")).toEqual(["--lease"]);
    expect(complete("cairn", "graph", "r-1", "--format", "m")).toEqual(["mermaid"]);
    expect(complete("cairn", "completion", "f")).toEqual(["fish"]);
  });

  it("has a line for each option in fish, with quotes that cannot end a text", async () => {
    const { output } = await heard(["completion", "fish"]);
    expect(output).toContain(
      "complete -c cairn -n __fish_use_subcommand -a history -d 'Lists the checkpoints of a run, the newest first.'",
    );
    expect(output).toContain("-l durability -r -a 'none checkpoint step'");
    for (const line of output.trim().split("\n")) expect(line.replace(/\\'/g, "").split("'").length % 2, line).toBe(1);
  });
});
