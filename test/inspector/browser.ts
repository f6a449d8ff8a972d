import { type Browser, chromium } from "playwright-core";
import { debianProgram } from "../servers/debian-program.js";
import { onPath } from "../servers/redis-binary.js";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** A browser without a window: the one of this machine or, if it is set, `CAIRNFLOW_TEST_CHROMIUM`. Throws if there is none. */
export async function launchBrowser(): Promise<Browser> {
  const given = process.env["CAIRNFLOW_TEST_CHROMIUM"];
  const found = given === undefined || given === "" ? await installed() : given;
  // As root, as on many build machines, the sandbox of the browser does not start.
  return chromium.launch({ executablePath: found, args: ["--no-sandbox"] });
}

async function installed(): Promise<string> {
  for (const name of NAMES) {
    const path = await onPath(name);
    if (path !== null) return path;
  }
  return debianProgram("chromium", "chromium");
}
