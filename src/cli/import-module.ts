import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, parse, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { DefinitionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";

const TYPESCRIPT = /\.[cm]?tsx?$/i;

/** Imports a module that the operator has named, in JavaScript, TypeScript or JSON. Throws `DefinitionError`. */
export async function importModule(path: string, folder: string): Promise<Readonly<Record<string, unknown>>> {
  const file = resolve(folder, path);
  if (!existsSync(file)) throw new DefinitionError(`module ${quoted(path)} cannot be loaded: there is no such file; correct its path.`);
  try {
    if (file.endsWith(".json")) return { default: JSON.parse(readFileSync(file, "utf8")) };
    if (TYPESCRIPT.test(file)) await readyForTypeScript(file, folder);
    return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new DefinitionError(messageOf(path, cause), { cause });
  }
}

const NEEDS_LOADER: readonly unknown[] = ["ERR_UNKNOWN_FILE_EXTENSION", "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX"];

function messageOf(path: string, cause: unknown): string {
  const { code } = Object(cause) as NodeJS.ErrnoException;
  if (TYPESCRIPT.test(path) && !isReady && (NEEDS_LOADER.includes(code) || cause instanceof SyntaxError)) {
    return `module ${quoted(path)} is written in TypeScript, which this process cannot load: expected the package tsx; run \`npm install --save-dev tsx\`, or name the JavaScript made of it.`;
  }
  return `module ${quoted(path)} cannot be loaded: ${String(cause)}; mend it, or its path.`;
}

let isReady = false;

/** Has tsx, if it is installed where the command runs, load TypeScript from here on, both dialects of decorators included. */
async function readyForTypeScript(file: string, folder: string): Promise<void> {
  const api = isReady ? null : tsxFrom(folder);
  if (api === null) return;
  const { register } = (await import(pathToFileURL(api).href)) as { register(options: object): unknown };
  const tsconfig = tsconfigOf(dirname(file));
  register(tsconfig === null ? {} : { tsconfig });
  isReady = true;
}

/** The door of tsx that is made for this, as ES modules find it. */
function tsxFrom(folder: string): string | null {
  try {
    const manifest = createRequire(join(folder, "any.js")).resolve("tsx/package.json");
    const { exports } = JSON.parse(readFileSync(manifest, "utf8")) as { exports: { "./esm/api": { import: { default: string } } } };
    return join(dirname(manifest), exports["./esm/api"].import.default);
  } catch {
    return null;
  }
}

/** The settings that the module is compiled with: they tell which decorators it has. */
function tsconfigOf(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, "tsconfig.json");
    if (existsSync(path)) return path;
    if (at === parse(at).root) return null;
  }
}
