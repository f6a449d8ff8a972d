import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const KILOBYTE = 1024;

/** What npm tells about a tarball it wrote. */
interface Tarball {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

describe("the packed package", () => {
  let project = "";
  let tarball: Tarball;

  const run = (command: string, args: readonly string[], cwd = project): string => execFileSync(command, args, { cwd, encoding: "utf8" });

  beforeAll(() => {
    if (!existsSync(join(root, "dist/index.js"))) throw new Error("dist/index.js is missing: run `npm run build` first");
    project = mkdtempSync(join(tmpdir(), "cairnflow-pack-"));
    tarball = (JSON.parse(run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", project], root)) as [Tarball])[0];
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
    run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", `./${tarball.filename}`]);
  }, 120_000);

  afterAll(() => {
    if (project) rmSync(project, { recursive: true, force: true });
  });

  it("holds the build, the licence, the readme and the changelog, and nothing else", () => {
    const others = tarball.files
      .map((file) => file.path)
      .filter(
        (path) => !/^(dist\/.+\.(js|d\.ts)|dist\/third-party-licences\.txt|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(path),
      );
    expect(others).toEqual([]);
  });

  it("holds every door that package.json names", () => {
    const manifest = JSON.parse(run("npm", ["pkg", "get", "exports"], root)) as Record<string, string | Record<string, string>>;
    const doors = Object.values(manifest).flatMap((target) => (typeof target === "string" ? [target] : Object.values(target)));
    const packed = tarball.files.map((file) => `./${file.path}`);
    expect(doors.filter((door) => !packed.includes(door))).toEqual([]);
  });

  it("runs a workflow of two tasks from plain JavaScript", () => {
    writeFileSync(
      join(project, "app.js"),
      `import { chain, task, workflow } from "cairnflow";
       const counting = workflow("counting", chain(task("a", () => 1), task("b", (ctx, n) => n + 1)));
       const result = await counting.run();
       console.log(JSON.stringify(result.output));`,
    );
    expect(run("node", ["app.js"]).trim()).toBe("2");
  });

  it("keeps the names of its errors", () => {
    writeFileSync(
      join(project, "errors.js"),
      `import * as cairnflow from "cairnflow";
       const classes = Object.entries(cairnflow).filter(([name]) => /Error$/.test(name));
       console.log(classes.length, classes.filter(([name, Class]) => name !== Class.name || !(Class.prototype instanceof Error)).length);`,
    );
    const [found, renamed] = run("node", ["errors.js"]).trim().split(" ").map(Number);
    expect(found).toBeGreaterThan(20);
    expect(renamed).toBe(0);
  });

  it("is at most six packages and two megabytes with all it brings", () => {
    const lock = JSON.parse(readFileSync(join(project, "node_modules/.package-lock.json"), "utf8")) as { packages: Record<string, object> };
    const packages = Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, ""));
    const files = readdirSync(join(project, "node_modules"), { recursive: true, encoding: "utf8" });
    const stats = files.map((file) => lstatSync(join(project, "node_modules", file)));
    const bytes = stats.reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
    console.log(`installed: ${packages.sort().join(", ")}; ${Math.ceil(bytes / KILOBYTE)} kB`);
    expect(packages.length).toBeLessThanOrEqual(6);
    expect(bytes).toBeLessThanOrEqual(2 * KILOBYTE * KILOBYTE);
  });
});
