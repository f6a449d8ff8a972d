// Writes docs/cli anew, of the definitions of the commands: node test/docs/write-cli-pages.mjs
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { register } from "tsx/esm/api";

register();
const { cliPages } = await import("./cli-pages.ts");
const folder = fileURLToPath(new URL("../../docs/cli/", import.meta.url));
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) rmSync(`${folder}/${name}`);
for (const [name, text] of cliPages()) writeFileSync(`${folder}/${name}`, text);
