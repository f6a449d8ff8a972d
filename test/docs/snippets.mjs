// Turns the ```ts blocks of README.md and docs/**/*.md into a TypeScript project, so that the compiler proves them.
//
//   ```ts            a module of its own
//   ```ts continued  goes on where the block before it ended
//   ```ts no-check   is not compiled
//   ```ts no-run     is compiled, and not run: it needs a server, or a test runner
//
// A line keeps its number: an error in `docs~guide.md.L34.ts(40,3)` is line 40 of docs/guide.md.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** The blocks of one page: `{ line, lines, runs }`, where `lines` starts at the page's first line, blank up to the block. */
export function blocksOf(markdown) {
  const blocks = [];
  let open = null;
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    const fence = /^\s*```(.*)$/.exec(line);
    if (open === null && fence) open = openBlock(fence[1].trim(), index);
    else if (open !== null && fence) open = null;
    else if (open?.block) open.block.lines[index] = line;
  }
  return blocks;

  function openBlock(info, index) {
    const [language, ...words] = info.split(/\s+/);
    if (!/^(ts|typescript)$/.test(language) || words.includes("no-check")) return { block: null };
    const before = blocks.at(-1);
    if (words.includes("continued") && before) return { block: before };
    const block = { line: index + 2, lines: [], runs: !words.includes("no-run") };
    blocks.push(block);
    return { block };
  }
}

/** The paths of the pages whose code is proven. */
export function pagesOf(root) {
  const docs = join(root, "docs");
  const inDocs = existsSync(docs) ? readdirSync(docs, { recursive: true }).map((file) => join(docs, file)) : [];
  return [join(root, "README.md"), ...inDocs].filter(
    (file) => file.endsWith(".md") && existsSync(file) && !file.startsWith(join(docs, "api") + sep),
  );
}

/** Writes the project under node_modules/.cache. Null when no page has a block. */
export function writeSnippetProject(root) {
  const folder = join(root, "node_modules/.cache/cairnflow/snippets");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = [];
  for (const page of pagesOf(root)) {
    for (const block of blocksOf(readFileSync(page, "utf8"))) {
      const file = `${relative(root, page).split(sep).join("~")}.L${block.line}.ts`;
      writeFileSync(join(folder, file), Array.from(block.lines, (line) => line ?? "").join("\n"));
      files.push(file);
    }
  }
  if (files.length === 0) return null;
  const config = join(folder, "tsconfig.json");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(config, JSON.stringify({ extends: relative(folder, join(root, "test/tsconfig.json")), include: ["*.ts"], exclude: [] }));
  return { config, count: files.length };
}
