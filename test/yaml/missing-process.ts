// Opens the door of pipelines, and prints how that failed: run where there is no package at all.
import { MissingPackageError } from "../../src/core/errors.js";

const error: unknown = await import("../../src/yaml/index.js").catch((error: unknown) => error);
if (!(error instanceof MissingPackageError)) throw error;
process.stdout.write(`${error.code} ${error.message}`);
