import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { transpile } from "../file/transpile.js";

it("pipelines say which package is missing", () => {
  const folder = mkdtempSync(join(tmpdir(), "cairnflow-no-yaml-"));
  const program = transpile(new URL("./missing-process.ts", import.meta.url), folder);
  mkdirSync(join(folder, "node_modules"));
  for (const name of ["superjson", "emittery", "nanoid", "reflect-metadata"]) {
    symlinkSync(fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url)), join(folder, "node_modules", name));
  }
  const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  expect([stdout, stderr]).toEqual([expect.stringMatching(/^MISSING_PACKAGE .*`npm install yaml`/), ""]);
});
