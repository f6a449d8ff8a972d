import type { Reporter, SerializedError, TestModule } from "vitest/node";

/**
 * Prints one plain line after vitest's own summary: `412 passed, 0 failed`.
 * A file that cannot be loaded, a broken suite hook and an unhandled error count as one failure each, so a red run never reads `0 failed`.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    let passed = 0;
    let failed = unhandled.length;
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      const brokenSuites = [...module.children.allSuites()].filter((suite) => suite.errors().length > 0);
      passed += tests.filter((test) => test.result().state === "passed").length;
      failed += tests.filter((test) => test.result().state === "failed").length;
      failed += brokenSuites.length + (module.errors().length > 0 ? 1 : 0);
    }
    // At exit, so that nothing (coverage, a server's farewell) comes after it.
    process.once("exit", () => process.stdout.write(`${passed} passed, ${failed} failed\n`));
  }
}
