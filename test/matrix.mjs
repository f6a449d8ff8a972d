// Runs the tests on every Node we promise: the current one, and 22 and 24 from the registry's `node-linux-*` packages.
//
//   npm run matrix                        all tests
//   npm run matrix -- test/core           only files that match
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const filters = process.argv.slice(2);

/** The binary of a Node major, installed once into the cache. */
function nodeBinary(major) {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(root, "node_modules/.cache/cairnflow", `node-${major}`);
  const binary = join(folder, "node_modules", name, "bin/node");
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
    execFileSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", `${name}@${major}`], { cwd: folder, stdio: "inherit" });
  }
  return binary;
}

function runOn(binary) {
  const version = execFileSync(binary, ["--version"], { encoding: "utf8" }).trim();
  console.log(`\n=== Node ${version}`);
  // First on PATH too: what a test starts as `node` or `npm` runs on this version.
  const env = { ...process.env, PATH: dirname(binary) + delimiter + process.env.PATH };
  const args = ["node_modules/vitest/vitest.mjs", "run", "--config", "test/vitest.config.ts", ...filters];
  const { status } = spawnSync(binary, args, { cwd: root, env, stdio: "inherit" });
  return { version, good: status === 0 };
}

const results = [process.execPath, nodeBinary(22), nodeBinary(24)].map(runOn);
console.log();
for (const { version, good } of results) console.log(`Node ${version}: ${good ? "passed" : "FAILED"}`);
process.exitCode = results.every(({ good }) => good) ? 0 : 1;
