// Begins with threads, and prints how that failed, and how the end of it went: run where there is no package at all.
import { MissingPackageError } from "../../src/core/errors.js";
import { threadRunner } from "../../src/thread/index.js";

const runner = threadRunner({ modules: [import.meta.url] });
const error = await runner.begin(undefined as never).catch((error: unknown) => error);
if (!(error instanceof MissingPackageError)) throw error;
const { code, cause, message } = error;
await runner.close();
process.stdout.write(`${code} ${(cause as { code?: string }).code} ${message}`);
