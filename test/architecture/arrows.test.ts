import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cruise, type ICruiseResult, type IForbiddenRuleType } from "dependency-cruiser";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

const ADAPTERS = ["memory", "file", "codec", "redis", "s3", "postgres", "bullmq", "thread", "otel"];
const APPS = ["inspector", "cli", "task-board"];
const folders = (names: readonly string[]): string => `^src/(${names.join("|")})/`;

/** Where a library enters a layer that otherwise imports none: the file, and the package it may import. */
const ENTRANCES: readonly { readonly file: string; readonly library: string }[] = [
  { file: "^src/core/serialize", library: "superjson" },
  { file: "^src/engine/(events|emitter|event-emitter)\\.ts$", library: "emittery" },
];

const LIBRARY_TYPES = ["npm", "npm-dev", "npm-optional", "npm-peer", "npm-bundled", "npm-no-pkg", "npm-unknown", "unknown", "undetermined"];

/** A file that is not there is the compiler's to report. */
const RELATIVE = "^\\.";

/** `layer` may import from its own folders and the libraries of its entrances, nothing else. */
function layer(name: string, allowed: string): IForbiddenRuleType[] {
  const entrances = ENTRANCES.filter(({ file }) => file.startsWith(`^src/${name}/`));
  return [
    {
      name: `${name} imports only ${allowed.replace("|", " and ")}`,
      severity: "error",
      from: { path: `^src/${name}/` },
      to: { path: "^src/", pathNot: `^src/(${allowed})/` },
    },
    {
      name: `${name} imports nothing of Node's`,
      severity: "error",
      from: { path: `^src/${name}/` },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: `${name} imports no library outside its entrances`,
      severity: "error",
      from: { path: `^src/${name}/`, pathNot: entrances.map(({ file }) => file) },
      to: { dependencyTypes: LIBRARY_TYPES, pathNot: RELATIVE },
    } as IForbiddenRuleType,
    ...entrances.map(
      ({ file, library }) =>
        ({
          name: `${file} imports only ${library}`,
          severity: "error",
          from: { path: file },
          to: { dependencyTypes: LIBRARY_TYPES, pathNot: [RELATIVE, `(^|/)node_modules/${library}/`] },
        }) as IForbiddenRuleType,
    ),
  ];
}

const rules: IForbiddenRuleType[] = [
  { name: "no import cycles", severity: "error", from: {}, to: { circular: true } },
  ...layer("core", "core"),
  ...layer("engine", "core|engine"),
  {
    name: "an adapter imports no other adapter",
    severity: "error",
    from: { path: `^src/(${ADAPTERS.join("|")})/` },
    to: { path: folders(ADAPTERS), pathNot: "^src/$1/" },
  },
  {
    name: "an adapter imports no app and no door",
    severity: "error",
    from: { path: folders([...ADAPTERS, "host"]) },
    to: { path: [folders(APPS), "^src/[^/]+\\.ts$"] },
  },
];

async function violations(): Promise<string[]> {
  const { output } = await cruise(
    ["src"],
    { baseDir: root, ruleSet: { forbidden: rules }, validate: true, tsPreCompilationDeps: true, doNotFollow: { path: "node_modules" } },
    { conditionNames: ["import", "types", "node", "default"], exportsFields: ["exports"], extensions: [".ts", ".js", ".json"] },
  );
  const { summary, modules } = output as ICruiseResult;
  expect(modules.length, "modules found under src").toBeGreaterThan(1);
  return summary.violations.map(({ rule, from, to, cycle }) => {
    const path = cycle === undefined ? [to] : cycle.map((step) => step.name);
    return `${rule.name}: ${[from, ...path].join(" -> ")}`;
  });
}

/** Every use of the host's clock, chance, timers or process in a file, as `src/core/x.ts:12 Date.now`. Comments and strings do not count. */
function hostUses(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(`${root}/${file}`, "utf8"), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const note = (node: ts.Node, what: string) =>
    found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${what}`);

  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) {
      const use = node.getText().replace(/\s|\?|^globalThis\./g, "");
      if (/^(Date\.now|Math\.random|performance\.now|process\.\w+|crypto\.(randomUUID|getRandomValues))$/.test(use)) note(node, use);
    }
    if (ts.isNewExpression(node) && node.expression.getText() === "Date" && !node.arguments?.length) note(node, "new Date()");
    if (isReference(node) && /^(setTimeout|setInterval|setImmediate|nanoid)$/.test(node.text)) note(node, node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** An identifier that stands for a value: not the name of a member or a property. */
function isReference(node: ts.Node): node is ts.Identifier {
  if (!ts.isIdentifier(node)) return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node || parent.expression.getText() === "globalThis";
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  return !(
    ts.isPropertySignature(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isPropertyDeclaration(parent)
  );
}

const sourcesOf = (folder: string): string[] =>
  readdirSync(`${root}/src/${folder}`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `src/${folder}/${file}`);

describe("the house", () => {
  it("has arrows that point at the core only, and no import cycle", async () => {
    expect(await violations()).toEqual([]);
  });

  it.each(["core", "engine"])("has time and chance handed in to src/%s", (folder) => {
    expect(sourcesOf(folder).flatMap(hostUses)).toEqual([]);
  });
});
