import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { type Block, blocksOf } from "./snippets.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What one `console.log` has printed, by the line of the page that it stands on. */
export interface Printed {
  readonly line: number;
  readonly text: string;
}

/** What became of the code of one page. */
export interface PageRun {
  readonly exitCode: number | null;
  readonly errors: string;
  readonly blocks: number;
  readonly printed: readonly Printed[];
}

/** Every block is a program with a library of its own, so that none sees what another has stored in memory. */
const library: Plugin = {
  name: "library",
  setup: ({ onResolve }) => {
    onResolve({ filter: /^cairnflow(\/|$)/ }, ({ path }) => ({ path: join(root, "src", path.slice("cairnflow".length), "index.ts") }));
  },
};

const PRELUDE = `import { format as __format } from "node:util";
const __print = (line, ...values) => process.stdout.write(JSON.stringify({ line, text: __format(...values) }) + "\\n");`;

/** Runs all blocks of a page, one after the other, in a process of its own and in an empty folder. */
export async function runPage(page: string): Promise<PageRun> {
  // Below node_modules, so that packages are found.
  const place = join(root, "node_modules/.cache/cairnflow");
  mkdirSync(place, { recursive: true });
  const [programs, folder] = [mkdtempSync(join(place, "page-")), mkdtempSync(join(tmpdir(), "cairnflow-page-"))];
  try {
    const blocks = blocksOf(readFileSync(page, "utf8")).filter(({ runs }) => runs);
    await Promise.all(blocks.map((block) => bundle(block, join(programs, `L${block.line}.mjs`))));
    const main = join(programs, "main.mjs");
    writeFileSync(main, blocks.map(({ line }) => `await import("./L${line}.mjs");\n`).join(""));
    return { blocks: blocks.length, ...(await ended(main, folder)) };
  } finally {
    for (const path of [programs, folder]) rmSync(path, { recursive: true, force: true });
  }
}

async function bundle({ lines }: Block, outfile: string): Promise<void> {
  const contents = Array.from(lines, (line = "", index) => line.replaceAll("console.log(", `__print(${index + 1}, `)).join("\n");
  await build({
    stdin: { contents, loader: "ts", resolveDir: root },
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    packages: "external",
    plugins: [library],
    banner: { js: PRELUDE },
    logLevel: "silent",
    tsconfigRaw: {},
  });
}

function ended(main: string, cwd: string): Promise<Omit<PageRun, "blocks">> {
  const child = spawn(process.execPath, [main], { cwd, stdio: ["ignore", "pipe", "pipe"], timeout: 60_000, killSignal: "SIGKILL" });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => {
      const printed = output
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Printed);
      resolve({ exitCode, errors, printed });
    });
  });
}
