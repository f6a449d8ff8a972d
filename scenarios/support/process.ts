import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

/** How a process ended. */
export interface Ended {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

const tsconfig = fileURLToPath(new URL("../tsconfig.json", import.meta.url));

/** Runs a module of this folder in a process of its own, to its end. */
export function inProcess(module: string, ...args: readonly string[]): Promise<Ended> {
  const path = fileURLToPath(new URL(module, import.meta.url));
  const env = { ...process.env, TSX_TSCONFIG_PATH: tsconfig };
  return new Promise((resolve) => {
    execFile(process.execPath, ["--import", "tsx", path, ...args], { env }, (error, output, errors) => {
      resolve({ code: error === null ? 0 : Number(error.code), output, errors });
    });
  });
}
