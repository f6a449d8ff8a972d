import type { MeterProvider, TracerProvider } from "@opentelemetry/api";
import { checkedOptions, optionError } from "../authoring/option-checks.js";
import type { BodyBeginning, RunBeginning, RunSpan, TaskSpan, Telemetry } from "../core/telemetry.js";
import { libraryVersion } from "../core/version.js";
import { Instruments } from "./instruments.js";
import { type Api, guarded, loadApi } from "./load-api.js";
import { OtelBody } from "./otel-body.js";
import { OtelRun } from "./otel-run.js";
import { Spans } from "./spans.js";
import { Tools } from "./tools.js";

/** Where spans and figures go. */
export interface TelemetryOptions {
  /** What spans are made by; the global one unless given. */
  readonly tracerProvider?: TracerProvider;
  /** What figures are taken by; the global one unless given. */
  readonly meterProvider?: MeterProvider;
}

const WHAT = "telemetry()";
/** The name of this library among those that are instrumented. */
const SCOPE = "cairnflow";

class OtelTelemetry implements Telemetry {
  #tools: Tools | null = null;

  constructor(
    private readonly api: Api,
    private readonly options: TelemetryOptions,
  ) {}

  run(beginning: RunBeginning): RunSpan {
    return new OtelRun(this.#made(), beginning);
  }

  body(beginning: BodyBeginning): TaskSpan {
    return new OtelBody(this.#made(), beginning);
  }

  /** Providers may be registered after this module was loaded: they are asked for when there is something to tell. */
  #made(): Tools {
    this.#tools ??= this.#make();
    return this.#tools;
  }

  #make(): Tools {
    const { api } = this;
    const { tracerProvider = api.trace.getTracerProvider(), meterProvider = api.metrics.getMeterProvider() } = this.options;
    const tracer = tracerProvider.getTracer(SCOPE, libraryVersion);
    const instruments = guarded(api, () => new Instruments(meterProvider.getMeter(SCOPE, libraryVersion)), null);
    return new Tools(api, new Spans(api, tracer), instruments);
  }
}

/**
 * Traces and measures runs and bodies by OpenTelemetry: the option `telemetry` of a run, a resume and a worker. Needs the package
 * `@opentelemetry/api`; what it tells goes to the SDK that the program has set up.
 *
 * ```ts
 * const watched = telemetry();
 * await run(order, input, { checkpoints: "./checkpoints", telemetry: watched });
 * ```
 *
 * Throws `InvalidOptionError`, and `MissingPackageError` without the package.
 */
export function telemetry(options: TelemetryOptions = {}): Telemetry {
  const { tracerProvider, meterProvider } = checkedOptions<TelemetryOptions>(options, ["tracerProvider", "meterProvider"], WHAT);
  checkProvider("tracerProvider", tracerProvider, "getTracer");
  checkProvider("meterProvider", meterProvider, "getMeter");
  return new OtelTelemetry(loadApi(), options);
}

function checkProvider(name: string, provider: unknown, method: string): void {
  if (provider === undefined) return;
  if (typeof (provider as Readonly<Record<string, unknown>> | null)?.[method] === "function") return;
  throw optionError(`option ${name} of ${WHAT}`, provider, `a provider of OpenTelemetry, with ${method}()`);
}
