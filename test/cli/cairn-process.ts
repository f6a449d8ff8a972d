// <arguments of cairn>: runs the program in the folder of this file, so that modules can be named as in ./flows.js.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { runCli } from "../../src/cli/run-cli.js";

process.chdir(dirname(fileURLToPath(import.meta.url)));
process.exitCode = await runCli(process.argv.slice(2));
