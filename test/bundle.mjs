// Joins what tsc has built into one file for each door, and one for what they share: a program that imports the
// library reads three files instead of two hundred. Types stay as tsc wrote them. Development packages that a door imports
// become part of its file, and their licences part of dist; dependencies and peers stay outside.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const doors = [
  "index",
  "testing/index",
  "testing/crash-process",
  "redis/index",
  "s3/index",
  "postgres/index",
  "task-board/index",
  "inspector/index",
  "otel/index",
  "yaml/index",
  "progress/index",
  "thread/index",
  "thread/thread-worker",
  "bullmq",
  "cli/cairn",
];
const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(dist, "../package.json"), "utf8"));
const { metafile } = await build({
  entryPoints: Object.fromEntries(doors.map((door) => [door, join(dist, `${door}.js`)])),
  outdir: dist,
  allowOverwrite: true,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  external: Object.keys({ ...dependencies, ...peerDependencies }),
  chunkNames: "shared-[hash]",
  // Names stay, and lines short enough for a stack trace to lead somewhere.
  minifyWhitespace: true,
  lineLimit: 160,
  // Packages in CommonJS that become part of a file ask for Node's own modules with it.
  banner: { js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);' },
  metafile: true,
  absWorkingDir: dist,
});
const kept = new Set([...Object.keys(metafile.outputs), ...typesOf(doors)]);
for (const entry of readdirSync(dist, { recursive: true })) if (/\.(js|d\.ts)$/.test(entry) && !kept.has(entry)) rmSync(join(dist, entry));

const folders = Object.keys(metafile.inputs).flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []);
const licences = [...new Set(folders)].sort().map((folder) => {
  const place = resolve(dist, folder);
  const file = readdirSync(place).find((name) => /^licen[cs]e/i.test(name));
  if (file === undefined) throw new Error(`${folder} has no licence file: what is bundled must bring one along.`);
  return `${folder.replace(/^.*node_modules\//, "")}\n\n${readFileSync(join(place, file), "utf8").trim()}\n`;
});
if (licences.length > 0) writeFileSync(join(dist, "third-party-licences.txt"), licences.join(`\n${"-".repeat(72)}\n\n`));

/** The declarations that those of the doors need. */
function typesOf(doors) {
  const needed = new Set();
  const queue = doors.map((door) => `${door}.d.ts`);
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (needed.has(file)) continue;
    needed.add(file);
    const imports = readFileSync(join(dist, file), "utf8").matchAll(/(?:from |import\()"(\.[^"]+)\.js"/g);
    for (const [, path] of imports) queue.push(join(dirname(file), `${path}.d.ts`));
  }
  return needed;
}
