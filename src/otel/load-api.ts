import { createRequire } from "node:module";
import type * as OpenTelemetry from "@opentelemetry/api";
import { MissingPackageError } from "../core/errors.js";

export type Api = typeof OpenTelemetry;

const load = (): Api => createRequire(import.meta.url)("@opentelemetry/api") as Api;

/** Loads OpenTelemetry's API, at once, so that a run need not wait for it. Throws `MissingPackageError`. */
export function loadApi(): Api {
  try {
    return load();
  } catch (cause) {
    throw new MissingPackageError(
      'the package "@opentelemetry/api" cannot be loaded, by which runs are traced: expected version 1.9 or newer to be installed; run `npm install @opentelemetry/api`.',
      { cause },
    );
  }
}

/** Does something with the SDK: what that throws is told to OpenTelemetry's own diagnostics, and harms no run. */
export function guarded<T>(api: Api, work: () => T, otherwise: T): T {
  try {
    return work();
  } catch (error) {
    api.diag.error("cairnflow: the OpenTelemetry SDK threw", error);
    return otherwise;
  }
}
