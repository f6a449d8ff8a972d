// Typechecks every corner of the repository: two compilers at a time, all errors shown, one line per project.
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeSnippetProject } from "./docs/snippets.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const tsc = join(root, "node_modules/typescript/bin/tsc");

const projects = [
  { name: "src", config: "tsconfig.json", sources: "src" },
  { name: "test and scenarios", config: "test/tsconfig.json", sources: "test" },
  { name: "test/legacy", config: "test/legacy/tsconfig.json", sources: "test/legacy" },
  { name: "test/standard", config: "test/standard/tsconfig.json", sources: "test/standard" },
  { name: "examples", config: "test/tsconfig.examples.json", sources: "examples" },
];

const hasTypeScript = (folder) =>
  existsSync(join(root, folder)) && readdirSync(join(root, folder), { recursive: true }).some((file) => /\.[cm]?ts$/.test(file));

function compile(project) {
  return new Promise((resolve) => {
    const started = performance.now();
    execFile(
      process.execPath,
      [tsc, "--noEmit", "--pretty", "false", "-p", project.config],
      { cwd: root, maxBuffer: 1 << 26 },
      (error, stdout) => {
        const seconds = ((performance.now() - started) / 1000).toFixed(1);
        console.log(`${error ? "failed" : "ok    "}  ${project.name} (${seconds} s)`);
        if (error) console.log(stdout || String(error));
        resolve(!error);
      },
    );
  });
}

const snippets = writeSnippetProject(root);
const queue = projects.filter((project) => hasTypeScript(project.sources));
if (snippets !== null) queue.push({ name: `README and docs (code blocks: ${snippets.count})`, config: snippets.config });

let good = true;
const worker = async () => {
  for (let project = queue.shift(); project; project = queue.shift()) good = (await compile(project)) && good;
};
await Promise.all([worker(), worker()]);
process.exitCode = good ? 0 : 1;
