// The names a user can import, one per line: `cairnflow value chain`, `cairnflow type TaskSpec`.
//
//   npm run names        writes test/architecture/public-names.txt anew
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");

export const listFile = join(here, "public-names.txt");

const doors = [
  { name: "cairnflow", file: join(root, "src/index.ts") },
  { name: "cairnflow/testing", file: join(root, "src/testing/index.ts") },
];

/** Sorted lines for every export of every door that exists. A name that is both a value and a type counts as a value. */
export function publicNames() {
  const present = doors.filter(({ file }) => existsSync(file));
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: present.map(({ file }) => file) }, ts.sys, root);
  const program = ts.createProgram(
    present.map(({ file }) => file),
    options,
  );
  const checker = program.getTypeChecker();

  return present.flatMap(({ name, file }) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file));
    const symbols = module === undefined ? [] : checker.getExportsOfModule(module);
    return symbols.map((symbol) => `${name} ${isValue(checker, symbol) ? "value" : "type"} ${symbol.name}`).sort();
  });
}

function isValue(checker, symbol) {
  const typeOnly = symbol.declarations?.some((declaration) => ts.isTypeOnlyImportOrExportDeclaration(declaration));
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return !typeOnly && (target.flags & ts.SymbolFlags.Value) !== 0;
}

export const writtenNames = () => (existsSync(listFile) ? readFileSync(listFile, "utf8").split("\n").filter(Boolean) : []);

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv.includes("--write")) {
  const names = publicNames();
  writeFileSync(listFile, names.map((name) => `${name}\n`).join(""));
  console.log(`${names.length} names written to test/architecture/public-names.txt`);
}
