import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as { exports: Record<string, string | { default: string }> };

/** Every door of the package leads to its source: `./testing` -> src/testing/index.ts. */
const doors = Object.entries(manifest.exports).flatMap(([door, target]) =>
  typeof target === "string"
    ? []
    : [
        {
          find: new RegExp(`^cairnflow${door.slice(1)}$`),
          replacement: target.default.replace(/^\.\/dist\//, `${root}src/`).replace(/\.js$/, ".ts"),
        },
      ],
);

export default defineConfig({
  root,
  cacheDir: "node_modules/.cache/vite",
  resolve: { alias: doors },
  test: {
    include: ["test/**/*.test.ts", "scenarios/**/*.scenario.ts"],
    reporters: ["default", "./test/count-reporter.ts"],
    // Most tests wait for a disk, a server or a process: two at a time, also where there are only two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    hookTimeout: 120_000,
    typecheck: {
      enabled: true,
      include: ["test/types/**/*.test-d.ts"],
      tsconfig: "test/types/tsconfig.json",
      // Errors elsewhere are the business of `npm run typecheck`, which names their project.
      ignoreSourceErrors: true,
    },
    coverage: {
      include: ["src/**/*.ts"],
      reportsDirectory: "node_modules/.cache/coverage",
      reporter: ["text", "html"],
    },
  },
});
