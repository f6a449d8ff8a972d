import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Puts a module and all it imports into a folder as plain JavaScript, for child processes that start fast; gives its path there. */
export function transpile(entry: URL, target: string): string {
  const queue = [fileURLToPath(entry)];
  const seen = new Set<string>();
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true };
    const { outputText } = ts.transpileModule(readFileSync(file, "utf8"), { compilerOptions: options });
    const place = placeOf(file, target);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, outputText);
    for (const [, path] of outputText.matchAll(/(?:from |import\()"(\.[^"]+)\.js"/g)) queue.push(resolve(dirname(file), `${path}.ts`));
  }
  writeFileSync(join(target, "package.json"), '{"type":"module"}');
  return placeOf(fileURLToPath(entry), target);
}

const placeOf = (file: string, target: string): string => join(target, relative(root, file)).replace(/\.ts$/, ".js");
