// Notes every path that this process opens through node:fs outside of one folder.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { sep } from "node:path";

const CALLS = ["openSync", "readFileSync", "readdirSync", "mkdirSync", "renameSync", "rmSync", "rmdirSync", "writeFileSync"] as const;
const PROMISED = ["open", "readFile", "readdir", "rm", "writeFile"] as const;

/** From now on, `outside` grows by each path opened that is neither in `folder` nor in the process table. */
export function watchFiles(folder: string): { readonly outside: string[] } {
  const outside: string[] = [];
  const watch = (holder: object, name: string): void => {
    const real = Reflect.get(holder, name) as (...args: unknown[]) => unknown;
    Reflect.set(holder, name, (...args: unknown[]): unknown => {
      const path = String(args[0]);
      const isKnown = path === folder || path.startsWith(folder + sep) || path.startsWith("/proc/") || typeof args[0] === "number";
      if (!isKnown) outside.push(`${name} ${path}`);
      return real(...args);
    });
  };
  for (const name of CALLS) watch(fs, name);
  for (const name of PROMISED) watch(fs.promises, name);
  syncBuiltinESMExports();
  return { outside };
}
