import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { onPath } from "./redis-binary.js";

const run = promisify(execFile);
const INSTALL = ["install", "-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=600", "-o", "Acquire::Retries=2"];

/**
 * The path of a program. Where it is missing and Debian's package manager may install it, as on a fresh machine as root, it does.
 * Throws with what to install.
 */
export async function debianProgram(name: string, aptPackage: string): Promise<string> {
  const found = (await onPath(name)) ?? (await installed(name, aptPackage));
  if (found !== null) return found;
  throw new Error(`no ${name} for the tests: install ${aptPackage}, as by \`apt-get install ${aptPackage}\`.`);
}

async function installed(name: string, aptPackage: string): Promise<string | null> {
  if (process.getuid?.() !== 0 || (await onPath("apt-get")) === null) return null;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-qq", "-o", "DPkg::Lock::Timeout=600"], { env }).catch(() => {});
  await run("apt-get", [...INSTALL, aptPackage], { env, timeout: 600_000, maxBuffer: 64 * 1024 * 1024 });
  return onPath(name);
}
