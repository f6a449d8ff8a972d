import { readFileSync } from "node:fs";
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
    testTimeout: 20_000,
    hookTimeout: 60_000,
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
