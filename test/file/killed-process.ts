import { spawn } from "node:child_process";

/** Runs a script that may kill itself, to its end. */
export function runToDeath(script: string, ...args: readonly string[]): Promise<{ signal: string | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    child.on("error", reject).on("close", (_, signal) => resolve({ signal, output }));
  });
}
