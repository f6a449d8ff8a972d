import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { median } from "./statistics.mjs";

/** What it costs to install and to import the library that is built in `dist` of this root. */
export async function packageSize(root, dist, repetitions) {
  const folders = installed(root);
  const own = [dist, ...["package.json", "README.md", "LICENSE", "CHANGELOG.md"].map((name) => join(root, name))];
  const sizes = [...own, ...folders.slice(1)].filter(existsSync).map(sizeOf);
  return {
    value: importMs(dist, repetitions),
    gzip: await coreGzip(dist),
    installed: sizes.reduce((sum, size) => sum + size, 0),
    packages: folders.length,
  };
}

/** Milliseconds by which a process that imports the root takes longer than one that does nothing. */
function importMs(dist, repetitions) {
  const run = (code) => {
    const from = performance.now();
    execFileSync(process.execPath, ["--input-type=module", "-e", code]);
    return performance.now() - from;
  };
  const url = JSON.stringify(pathToFileURL(join(dist, "index.js")).href);
  const pairs = Array.from({ length: repetitions + 1 }, () => [run(""), run(`import ${url}`)]);
  const [bare, full] = [0, 1].map((place) => median(pairs.slice(1).map((pair) => pair[place])));
  return full - bare;
}

/** The bytes of everything behind the root door, without dependencies, in one minified and compressed file. */
async function coreGzip(dist) {
  // The esbuild that comes with vite: it is no dependency of its own here.
  const { build } = createRequire(createRequire(import.meta.url).resolve("vite"))("esbuild");
  const options = { bundle: true, minify: true, format: "esm", platform: "node", packages: "external", write: false };
  const { outputFiles } = await build({ ...options, entryPoints: [join(dist, "index.js")], logLevel: "error" });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

/** The folder of the package and those of all that it depends on. */
function installed(root) {
  const found = new Set();
  const visit = (folder) => {
    if (found.has(folder)) return;
    found.add(folder);
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    for (const name of Object.keys(dependencies)) visit(folderOf(name, folder));
  };
  visit(root);
  return [...found];
}

function folderOf(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
    if (folder === dirname(folder)) throw new Error(`${name}, a dependency of ${from}, is not installed`);
  }
}

function sizeOf(path) {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
