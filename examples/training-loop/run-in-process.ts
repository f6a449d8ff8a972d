import { type ForkOptions, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Report } from "./report.js";
import type { Params } from "./training.js";

/** What to do, and where. */
export interface Job {
  readonly how: "start" | "resume";
  readonly folder: string;
  readonly params: Params;
  /** Told of every report; `true` has the process killed with SIGKILL at once. */
  readonly onReport: (report: Report) => boolean;
  /** How the process is started; like this one unless given. */
  readonly options?: ForkOptions;
}

/** How a process of training ended, and what it said. */
export interface Ending {
  readonly signal: NodeJS.Signals | null;
  readonly reports: readonly Report[];
}

const PROGRAM = fileURLToPath(new URL("./train-process.ts", import.meta.url));

/** Trains in another process until it ends or is killed. Rejects if it fails by itself. */
export function runInProcess({ how, folder, params, onReport, options }: Job): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = fork(PROGRAM, [how, folder, JSON.stringify(params)], { ...options, serialization: "advanced" });
    const reports: Report[] = [];
    child.on("message", (report: Report) => {
      reports.push(report);
      if (onReport(report) && !child.killed) child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0 || signal === "SIGKILL") resolve({ signal, reports });
      else reject(new Error(`training ended with code ${code}, signal ${signal}: see its message above`));
    });
  });
}
