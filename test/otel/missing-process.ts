// Asks for telemetry, and prints how that failed: run where there is no package of OpenTelemetry.
import { MissingPackageError } from "../../src/core/errors.js";
import { telemetry } from "../../src/otel/index.js";

try {
  telemetry();
} catch (error) {
  if (!(error instanceof MissingPackageError)) throw error;
  process.stdout.write(`${error.code} ${(error.cause as { code?: string }).code} ${error.message}`);
}
