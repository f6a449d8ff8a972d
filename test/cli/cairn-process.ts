// <arguments of cairn>: runs the program in the folder of this file, so that modules can be named as in ./flows.js, or in CAIRN_TEST_FOLDER.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { runCli } from "../../src/cli/run-cli.js";

process.chdir(process.env["CAIRN_TEST_FOLDER"] ?? dirname(fileURLToPath(import.meta.url)));
process.exitCode = await runCli(process.argv.slice(2));
