// Joins what tsc has built into one file for each door, and one for what they share: a program that imports the
// library reads three files instead of two hundred. Types stay as tsc wrote them.
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const doors = [
  "index",
  "testing/index",
  "redis/index",
  "s3/index",
  "postgres/index",
  "task-board/index",
  "thread/index",
  "thread/thread-worker",
  "bullmq",
  "cli/cairn",
];
const { metafile } = await build({
  entryPoints: Object.fromEntries(doors.map((door) => [door, join(dist, `${door}.js`)])),
  outdir: dist,
  allowOverwrite: true,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  packages: "external",
  chunkNames: "shared-[hash]",
  metafile: true,
  absWorkingDir: dist,
});
const kept = new Set(Object.keys(metafile.outputs));
for (const entry of readdirSync(dist, { recursive: true })) if (entry.endsWith(".js") && !kept.has(entry)) rmSync(join(dist, entry));
